#include "ctl/chat/connections_send.h"

#include <cstddef>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "ctl/chat/connection_id.h"
#include "ctl/chat/message_payload.h"
#include "ctl/chat/open_connections.h"
#include "ctl/chat/scope.h"
#include "ctl/core/client.h"
#include "ctl/output/print.h"
#include "ctl/output/print_message.h"
#include "ctl/output/text.h"

namespace viaduct::ctl {
namespace {

constexpr std::string_view kName = "connections send";

struct Options {
  std::string binary_file;
  bool cluster = false;
};

// The arguments are ID and TEXT.
PayloadSource SourceOf(const Options& options, const Arguments& arguments) {
  PayloadSource source{.text = std::nullopt, .binary_file = options.binary_file};
  if (arguments.size() > 1) source.text = arguments[1];
  return source;
}

Outcome Send(const Options& options, const Invocation& invocation, Client& client) {
  absl::StatusOr<Payload> payload = ReadPayload(SourceOf(options, invocation.arguments));
  if (!payload.ok()) return UsageFailure(payload.status());
  const std::size_t size = payload->content.size();
  admin::v1::SendMessageRequest request;
  SetPayload(*std::move(payload), &request);
  request.set_scope(ScopeOf(options.cluster));
  const Outcome resolved = ResolveConnection(invocation.arguments[0], request.scope(), client, request.mutable_name());
  if (resolved) return resolved;
  const std::string_view id = IdOf(request.name());
  admin::v1::SendMessageResponse response;
  const Outcome called = client.Call(client.chat(), &admin::v1::ChatAdmin::Stub::SendMessage, request, response, id);
  if (called) return called;
  if (invocation.options.structured()) return PrintMessage(response, invocation.options.format);
  return Print(
      absl::StrCat("sent ", FormatBytes(static_cast<double>(size)), " to ", Escape(id), " on ", client.target(), "\n"));
}

}  // namespace

Command ConnectionsSendCommand() {
  const auto options = std::make_shared<Options>();
  return {
      .name = kName,
      .arguments = "ID TEXT|-",
      .min_arguments = 1,
      .max_arguments = 2,
      .argument_help = kConnectionIdHelp,
      .candidates = kConnectionIds,
      .calls = Calls::kChat,
      .flags = {BinaryFileFlag(&options->binary_file), ClusterFlag(&options->cluster)},
      .summary = "Sends one message to one connection, unchanged.",
      .details = "\"-\" reads the text from standard input and drops its last line break.\n",
      .examples =
          "  viaductctl connections send 7c9e 'please reload the page'\n"
          "  jq -c . notice.json | viaductctl connections send 7c9e -\n"
          "  viaductctl connections send 7c9e --binary-file frame.bin\n",
      .check = [options](const Arguments& arguments) { return CheckPayload(kName, SourceOf(*options, arguments)); },
      .call = [options](const Invocation& invocation, Client& client) { return Send(*options, invocation, client); },
  };
}

}  // namespace viaduct::ctl
