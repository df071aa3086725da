#include "ctl/chat/broadcast.h"

#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "ctl/chat/message_payload.h"
#include "ctl/chat/scope.h"
#include "ctl/core/client.h"
#include "ctl/output/print.h"
#include "ctl/output/print_message.h"

namespace viaduct::ctl {
namespace {

constexpr std::string_view kName = "broadcast";

struct Options {
  std::string binary_file;
  std::string from;
  std::optional<std::string> room;
  bool cluster = false;
};

// --from.
Flag FromFlag(std::string* from) {
  return {.name = "from",
          .value = "NAME",
          .help = "the name that clients show as the sender, such as Ops",
          .read = ReadText(from)};
}

PayloadSource SourceOf(const Options& options, const Arguments& arguments) {
  PayloadSource source{.text = std::nullopt, .binary_file = options.binary_file};
  if (!arguments.empty()) source.text = arguments[0];
  return source;
}

Outcome Broadcast(const Options& options, const Invocation& invocation, Client& client) {
  absl::StatusOr<Payload> payload = ReadPayload(SourceOf(options, invocation.arguments));
  if (!payload.ok()) return UsageFailure(payload.status());
  admin::v1::BroadcastRequest request;
  SetPayload(*std::move(payload), &request);
  request.set_scope(ScopeOf(options.cluster));
  request.set_from(options.from);
  if (options.room) {
    request.set_room(*options.room);
  } else {
    request.set_all(true);
  }
  admin::v1::BroadcastResponse response;
  const Outcome called = client.Call(client.chat(), &admin::v1::ChatAdmin::Stub::Broadcast, request, response);
  if (called) return called;
  WarnOfUnanswered(response.unanswered());
  if (invocation.options.structured()) return PrintMessage(response, invocation.options.format);
  const int count = response.recipient_count();
  return Print(
      absl::StrCat("sent to ", count, count == 1 ? " connection" : " connections", " on ", client.target(), "\n"));
}

}  // namespace

Command BroadcastCommand() {
  const auto options = std::make_shared<Options>();
  return {
      .name = kName,
      .arguments = "TEXT|-",
      .max_arguments = 1,
      .calls = Calls::kChat,
      .flags = {BinaryFileFlag(&options->binary_file), FromFlag(&options->from), RoomFlag(&options->room),
                ClusterFlag(&options->cluster)},
      .summary = "Sends one message to every connection, or to those in one room.",
      .details =
          "\"-\" reads the text from standard input and drops its last line break. Clients that can resume, such\n"
          "as the chat's page, get a text as an operator's notice; all others get it unchanged.\n",
      .examples =
          "  viaductctl broadcast 'maintenance at 12:00 UTC'\n"
          "  viaductctl broadcast --from Ops 'the update is done'\n"
          "  viaductctl broadcast --room lobby 'this room moves'\n"
          "  echo '{\"type\":\"notice\"}' | viaductctl broadcast -\n",
      .check = [options](const Arguments& arguments) { return CheckPayload(kName, SourceOf(*options, arguments)); },
      .call = [options](const Invocation& invocation,
                        Client& client) { return Broadcast(*options, invocation, client); },
  };
}

}  // namespace viaduct::ctl
