#include "ctl/chat/health.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "ctl/core/client.h"
#include "ctl/output/print.h"
#include "ctl/output/print_message.h"

namespace viaduct::ctl {
namespace {

Outcome Health(const Invocation& invocation, Client& client) {
  using grpc::health::v1::HealthCheckResponse;
  HealthCheckResponse response;
  const Outcome called = client.Call(client.health(), &grpc::health::v1::Health::Stub::Check,
                                     grpc::health::v1::HealthCheckRequest(), response);
  if (called) return called;
  const std::string word = HealthCheckResponse::ServingStatus_Name(response.status());
  const Outcome printed =
      invocation.options.structured() ? PrintMessage(response, invocation.options.format) : Print(word + "\n");
  if (printed || response.status() == HealthCheckResponse::SERVING) return printed;
  return Failure{ExitCode::kRefused, absl::StrCat("the chat is not serving: its health is ", word)};
}

}  // namespace

Command HealthCommand() {
  return {
      .name = "health",
      .calls = Calls::kChat,
      .summary = "Checks whether the chat is serving; exit code 1 if it is not.",
      .details = "It calls grpc.health.v1.Health/Check for the whole server.\n",
      .examples = "  viaductctl health --timeout 1s\n",
      .call = Health,
  };
}

}  // namespace viaduct::ctl
