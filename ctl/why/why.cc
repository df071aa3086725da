#include "ctl/why/why.h"

#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "absl/strings/str_cat.h"
#include "ctl/chat/scope.h"
#include "ctl/core/client.h"
#include "ctl/output/print.h"
#include "ctl/output/print_message.h"
#include "ctl/output/text.h"
#include "ctl/why/end_text.h"

namespace viaduct::ctl {
namespace {

using admin::v1::ChatAdmin;
using admin::v1::RecentEnd;
using admin::v1::SidecarAdmin;

struct Options {
  bool cluster = false;
  int limit = 20;
};

// The question and the answers so far.
struct Inquiry {
  const std::string& id;
  const Options& options;
  std::vector<RecentEnd> ends;
};

template <typename Response>
void Add(const Response& response, Inquiry* inquiry) {
  inquiry->ends.insert(inquiry->ends.end(), response.ends().begin(), response.ends().end());
}

Outcome AskSidecar(Client& client, Inquiry* inquiry) {
  admin::v1::ListRecentEndsRequest request;
  request.set_id(inquiry->id);
  request.set_page_size(inquiry->options.limit);
  admin::v1::ListRecentEndsResponse response;
  const Outcome called = client.Call(client.sidecar(), &SidecarAdmin::Stub::ListRecentEnds, request, response);
  if (!called) Add(response, inquiry);
  return called;
}

Outcome AskChat(Client& client, Inquiry* inquiry) {
  admin::v1::ListRecentChatEndsRequest request;
  request.set_id(inquiry->id);
  request.set_page_size(inquiry->options.limit);
  request.set_scope(ScopeOf(inquiry->options.cluster));
  admin::v1::ListRecentChatEndsResponse response;
  const Outcome called = client.Call(client.chat(), &ChatAdmin::Stub::ListRecentEnds, request, response);
  if (called) return called;
  WarnOfUnanswered(response.unanswered());
  Add(response, inquiry);
  return std::nullopt;
}

// Asks the chat beside the sidecar. An endpoint that was given may be a chat's itself.
Outcome AskBoth(const GlobalOptions& options, Client& given, Inquiry* inquiry) {
  const Outcome sidecar = AskSidecar(given, inquiry);
  if (options.chat_endpoint.empty()) return sidecar && AskChat(given, inquiry) ? sidecar : std::nullopt;
  GlobalOptions to_chat = options;
  to_chat.endpoint = options.chat_endpoint;
  const absl::StatusOr<std::unique_ptr<Client>> client = Client::Create(to_chat, Calls::kChat);
  const Outcome chat = client.ok() ? AskChat(**client, inquiry) : UsageFailure(client.status());
  if (sidecar && chat) return sidecar;
  if (const Outcome& failed = sidecar ? sidecar : chat) {
    std::fprintf(stderr, "viaductctl: partial answer, without the %s: %s\n", sidecar ? "sidecar" : "chat",
                 failed->message.c_str());
  }
  return std::nullopt;
}

Outcome Why(const Options& options, const Invocation& invocation, Client& client) {
  Inquiry inquiry{.id = invocation.arguments[0], .options = options, .ends = {}};
  if (const Outcome failed = AskBoth(invocation.options, client, &inquiry)) return failed;
  std::vector<RecentEnd>& ends = inquiry.ends;
  std::ranges::sort(ends, [](const RecentEnd& a, const RecentEnd& b) {
    const auto key = [](const RecentEnd& end) { return std::make_tuple(end.time().seconds(), end.time().nanos()); };
    return key(a) > key(b);
  });
  ends.resize(std::min(ends.size(), static_cast<std::size_t>(options.limit)));
  if (invocation.options.structured()) return PrintMessages(ends, invocation.options.format);
  if (ends.empty()) {
    return Failure{ExitCode::kRefused,
                   absl::StrCat("no recent end of ", Escape(inquiry.id),
                                ": it is still open, ended longer ago, or on another task; its log line says more")};
  }
  std::string text;
  for (const RecentEnd& end : ends) absl::StrAppend(&text, text.empty() ? "" : "\n", EndText(end));
  return Print(text);
}

}  // namespace

Command WhyCommand() {
  const auto options = std::make_shared<Options>();
  return {
      .name = "why",
      .arguments = "ID",
      .min_arguments = 1,
      .max_arguments = 1,
      .calls = Calls::kBoth,
      .flags = {ClusterFlag(&options->cluster),
                {.name = "limit",
                 .value = "N",
                 .help = "the most ends to show",
                 .read = ReadNumber(&options->limit, 1, 100)}},
      .summary = "Says why a viewer was refused or disconnected.",
      .details =
          "ID is an X-Amz-Cf-Id, an X-Amzn-Trace-Id, the id of a tunnel or connection, or at least the first 8\n"
          "characters of one of them; or the viewer's address. Sidecar and chat are both asked, and each knows\n"
          "about its last 1,500 ends for each worker. With --endpoint, only that program is asked.\n",
      .examples =
          "  viaductctl why 3QinF8qURdlfjvILoXcZZqalpUXpxOCEI4nLyjxNpODDTK1thF1D7w==\n"
          "  viaductctl why 203.0.113.7 --limit 3\n"
          "  viaductctl why 3f09a1c2-0-17 --json\n",
      .call = [options](const Invocation& invocation, Client& client) { return Why(*options, invocation, client); },
  };
}

}  // namespace viaduct::ctl
