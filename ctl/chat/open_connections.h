#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/admin/v1/chat_admin.pb.h"
#include "ctl/core/client.h"
#include "ctl/output/exit_code.h"

namespace viaduct::ctl {

// The completion of a connection's name, and the help for the placeholder "ID".
inline constexpr Candidates kConnectionIds = {.kind = Candidates::Kind::kListed,
                                              .text = "connections list --no-headers --timeout 1s"};
inline constexpr std::string_view kConnectionIdHelp =
    "ID is a connection's UUID, with or without \"connections/\", or at least its first 4 characters.\n";

// A list of connections that was fetched page by page. A value.
struct OpenConnections {
  std::vector<admin::v1::Connection> connections;
  // The number of open connections at the time of the last page.
  int total = 0;
  // The tasks that the last page lacks.
  google::protobuf::RepeatedPtrField<admin::v1::UnansweredTask> unanswered;
};

// Fetches page after page of at most `page_size`, until the last one or until there are `limit` connections. `request`
// has the filter and the scope.
Outcome FetchConnections(Client& client, int page_size, std::optional<int> limit,
                         admin::v1::ListConnectionsRequest request, OpenConnections* open);

// Turns what the operator typed into the resource name of a connection. If it is the beginning of an ID, the chat is
// asked which connection it stands for.
Outcome ResolveConnection(const std::string& typed, admin::v1::Scope scope, Client& client, std::string* name);

}  // namespace viaduct::ctl
