// viaductctl explain: what a sidecar makes of a request, asked of one that runs or of its config.
#include <cstddef>
#include <memory>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "api/sidecar/v1/sidecar.pb.h"
#include "ctl/commands.h"
#include "ctl/output/file.h"
#include "ctl/output/print.h"
#include "ctl/output/print_json.h"
#include "ctl/output/table.h"
#include "ctl/output/text.h"
#include "ops/config/config_file.h"
#include "sidecar/admin/explainer.h"
#include "sidecar/config/config.h"

namespace viaduct::ctl {
namespace {

using admin::v1::Explanation;
using admin::v1::SidecarAdmin;

constexpr std::size_t kMaxHeadBytes = 65536;

Failure Misused(const absl::Status& status) { return {ExitCode::kUsage, absl::StrCat(status.message())}; }

// The head that the flags describe.
std::string HeadOf(const Options& options) {
  std::string head = absl::StrCat(options.method, " ", options.target, " HTTP/1.1\r\n");
  for (const std::string& line : options.headers) absl::StrAppend(&head, line, "\r\n");
  if (options.upgrade) {
    // The key is RFC 6455's example: nobody answers it.
    absl::StrAppend(&head,
                    "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n");
  }
  return head + "\r\n";
}

Outcome AskSidecar(const CommandLine& line, const admin::v1::ExplainRequest& request, Explanation& explanation) {
  const absl::StatusOr<std::unique_ptr<Client>> client = Client::Create(line.options, line.command->calls);
  if (!client.ok()) return Misused(client.status());
  return (*client)->Call((*client)->sidecar(), &SidecarAdmin::Stub::Explain, request, explanation);
}

Outcome AskConfig(const std::string& path, const admin::v1::ExplainRequest& request, Explanation& explanation) {
  sidecar::v1::SidecarConfig proto;
  const absl::StatusOr<ops::ConfigFile> file = ops::ConfigFile::Load(path, &proto);
  if (!file.ok()) return Misused(file.status());
  const absl::StatusOr<sidecar::SidecarConfig> config = sidecar::SidecarConfig::Create(&proto);
  if (!config.ok()) return Misused(file->Locate(config.status()));
  absl::StatusOr<Explanation> explained = sidecar::ExplainRequest(*config, request);
  if (!explained.ok()) return Misused(explained.status());
  explanation = *std::move(explained);
  return std::nullopt;
}

// "403 denied: via_missing".
std::string VerdictText(const Explanation& explanation) {
  if (explanation.outcome() == Explanation::FORWARDED) return "goes to the application";
  const std::string& reason = explanation.reason();
  return absl::StrCat(explanation.status(), " ", explanation.end(), reason.empty() ? "" : ": ", reason);
}

Outcome PrintExplanation(const Explanation& explanation, const Options& options) {
  std::string text = RenderFields({{"verdict", VerdictText(explanation)},
                                   {"viewer address", explanation.viewer_address()},
                                   {"edge address", explanation.edge_address()},
                                   {"secret", explanation.secret_generation()}});
  if (!explanation.checks().empty()) {
    Table table(
        {{.header = "CHECK"}, {.header = "RESULT"}, {.header = "REASON"}, {.header = "FACTS", .min_width = 20}});
    for (const Explanation::Check& check : explanation.checks()) {
      table.AddRow({check.check(), absl::AsciiStrToLower(Explanation::Check::Result_Name(check.result())),
                    check.reason(), check.facts()});
    }
    absl::StrAppend(
        &text, "\n",
        table.Render(TerminalWidth(), options.no_headers ? Table::Headers::kHidden : Table::Headers::kShown));
  }
  return Print(text);
}

}  // namespace

Outcome ExplainHead(const CommandLine& line) {
  const Options& options = line.options;
  admin::v1::ExplainRequest request;
  request.set_peer_address(options.peer);
  request.set_proxy_source(options.proxy_source);
  if (options.raw_file.empty()) {
    request.set_head(HeadOf(options));
  } else {
    absl::StatusOr<std::string> head = ReadInput(options.raw_file, kMaxHeadBytes);
    if (!head.ok()) return Misused(head.status());
    request.set_head(*std::move(head));
  }
  Explanation explanation;
  const Outcome asked = options.config_file.empty() ? AskSidecar(line, request, explanation)
                                                    : AskConfig(options.config_file, request, explanation);
  if (asked) return asked;
  const Outcome printed = options.json ? PrintJson(explanation) : PrintExplanation(explanation, options);
  if (printed) return printed;
  const bool passes =
      explanation.outcome() == Explanation::FORWARDED || explanation.outcome() == Explanation::HEALTH_CHECK;
  if (passes) return std::nullopt;
  return Failure{ExitCode::kDenied, absl::StrCat("the request is not let through: ", VerdictText(explanation))};
}

}  // namespace viaduct::ctl
