#include "ctl/chat/open_connections.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "ctl/chat/connection_id.h"
#include "ctl/chat/scope.h"

namespace viaduct::ctl {
namespace {

using admin::v1::ChatAdmin;
using admin::v1::Connection;

constexpr int kLargestPage = 1000;

}  // namespace

Outcome FetchConnections(Client& client, int page_size, std::optional<int> limit,
                         admin::v1::ListConnectionsRequest request, OpenConnections* open) {
  while (true) {
    const int wanted = limit ? *limit - static_cast<int>(open->connections.size()) : page_size;
    request.set_page_size(std::min(page_size, wanted));
    admin::v1::ListConnectionsResponse response;
    const Outcome called = client.Call(client.chat(), &ChatAdmin::Stub::ListConnections, request, response);
    if (called) return called;
    open->total = response.total_size();
    open->unanswered.Swap(response.mutable_unanswered());
    for (Connection& connection : *response.mutable_connections()) {
      open->connections.push_back(std::move(connection));
      if (limit && open->connections.size() == static_cast<std::size_t>(*limit)) return std::nullopt;
    }
    if (response.next_page_token().empty()) return std::nullopt;
    if (response.connections().empty() || response.next_page_token() == request.page_token()) {
      return Failure{ExitCode::kRefused, "the chat listed the same page of connections twice"};
    }
    request.set_page_token(response.next_page_token());
  }
}

Outcome ResolveConnection(const std::string& typed, admin::v1::Scope scope, Client& client, std::string* name) {
  const absl::StatusOr<ConnectionId> id = ParseConnectionId(typed);
  if (!id.ok()) return UsageFailure(id.status());
  if (id->whole) {
    *name = absl::StrCat(std::string(kConnectionsPrefix), id->text);
    return std::nullopt;
  }
  OpenConnections open;
  admin::v1::ListConnectionsRequest request;
  request.set_scope(scope);
  if (const Outcome fetched = FetchConnections(client, kLargestPage, std::nullopt, request, &open)) return fetched;
  WarnOfUnanswered(open.unanswered);
  std::vector<std::string> names;
  for (const Connection& connection : open.connections) names.push_back(connection.name());
  absl::StatusOr<std::string> match = MatchConnection(id->text, names);
  if (!match.ok()) {
    const ExitCode code = absl::IsNotFound(match.status()) ? ExitCode::kRefused : ExitCode::kUsage;
    return Failure{code, std::string(match.status().message())};
  }
  *name = *std::move(match);
  return std::nullopt;
}

}  // namespace viaduct::ctl
