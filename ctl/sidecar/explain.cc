#include "ctl/sidecar/explain.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "api/sidecar/v1/sidecar.pb.h"
#include "ctl/core/client.h"
#include "ctl/output/file.h"
#include "ctl/output/print.h"
#include "ctl/output/print_message.h"
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

struct Options {
  std::vector<std::string> headers;
  std::string method = "GET";
  std::string target = "/";
  bool upgrade = false;
  std::string raw_file;
  std::string peer;
  std::string proxy_source;
  std::string config_file;
};

absl::Status AddHeader(std::string_view value, std::vector<std::string>* headers) {
  const std::size_t colon = value.find(':');
  if (colon == std::string_view::npos || colon == 0) {
    return absl::InvalidArgumentError("expected a header field line, 'Name: value'");
  }
  if (value.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos) {
    return absl::InvalidArgumentError("must be a single line");
  }
  headers->emplace_back(value);
  return absl::OkStatus();
}

absl::Status Check(const Options& options) {
  if (options.peer.empty()) return absl::InvalidArgumentError("'explain' needs --peer ADDRESS");
  if (!options.raw_file.empty() && !options.headers.empty()) {
    return absl::InvalidArgumentError("give either --raw or -H, not both");
  }
  return absl::OkStatus();
}

// Returns the head that the flags describe.
std::string HeadOf(const Options& options) {
  std::string head = absl::StrCat(options.method, " ", options.target, " HTTP/1.1\r\n");
  for (const std::string& line : options.headers) absl::StrAppend(&head, line, "\r\n");
  if (options.upgrade) {
    // The key is RFC 6455's example, because nobody answers the request.
    absl::StrAppend(&head,
                    "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n");
  }
  return head + "\r\n";
}

Outcome AskSidecar(const GlobalOptions& options, const admin::v1::ExplainRequest& request, Explanation& explanation) {
  const absl::StatusOr<std::unique_ptr<Client>> client = Client::Create(options, Calls::kSidecar);
  if (!client.ok()) return UsageFailure(client.status());
  return (*client)->Call((*client)->sidecar(), &SidecarAdmin::Stub::Explain, request, explanation);
}

Outcome AskConfig(const std::string& path, const admin::v1::ExplainRequest& request, Explanation& explanation) {
  sidecar::v1::SidecarConfig proto;
  const absl::StatusOr<ops::ConfigFile> file = ops::ConfigFile::Load(path, &proto);
  if (!file.ok()) return UsageFailure(file.status());
  const absl::StatusOr<sidecar::SidecarConfig> config = sidecar::SidecarConfig::Create(&proto);
  if (!config.ok()) return UsageFailure(file->Locate(config.status()));
  absl::StatusOr<Explanation> explained = sidecar::ExplainRequest(*config, request);
  if (!explained.ok()) return UsageFailure(explained.status());
  explanation = *std::move(explained);
  return std::nullopt;
}

// "403 denied: via_missing".
std::string VerdictText(const Explanation& explanation) {
  if (explanation.outcome() == Explanation::FORWARDED) return "forwarded to the upstream";
  const std::string& reason = explanation.reason();
  return absl::StrCat(explanation.status(), " ", explanation.end(), reason.empty() ? "" : ": ", reason);
}

// "3 open, at most 5000".
std::string LoadText(std::int64_t open, std::int64_t most) {
  return absl::StrCat(open, " open, ", most > 0 ? absl::StrCat("at most ", most) : std::string("no limit"));
}

Outcome ExplainHead(const Options& options, const Invocation& invocation) {
  admin::v1::ExplainRequest request;
  request.set_peer_address(options.peer);
  request.set_proxy_source(options.proxy_source);
  if (options.raw_file.empty()) {
    request.set_head(HeadOf(options));
  } else {
    absl::StatusOr<std::string> head = ReadInput(options.raw_file, kMaxHeadBytes);
    if (!head.ok()) return UsageFailure(head.status());
    request.set_head(*std::move(head));
  }
  Explanation explanation;
  const Outcome asked = options.config_file.empty() ? AskSidecar(invocation.options, request, explanation)
                                                    : AskConfig(options.config_file, request, explanation);
  if (asked) return asked;
  const Outcome printed = invocation.options.structured()
                              ? PrintMessage(explanation, invocation.options.format)
                              : Print(RenderExplanation(explanation, invocation.options.look()));
  if (printed) return printed;
  const bool passes =
      explanation.outcome() == Explanation::FORWARDED || explanation.outcome() == Explanation::HEALTH_CHECK;
  if (passes) return std::nullopt;
  return Failure{ExitCode::kDenied, absl::StrCat("the request is not let through: ", VerdictText(explanation))};
}

std::vector<Flag> Flags(Options* options) {
  constexpr Candidates kFiles = {.kind = Candidates::Kind::kFiles};
  return {
      {.name = "header",
       .letter = 'H',
       .value = "LINE",
       .help = "header field line, 'Name: value'; may be repeated",
       .read = [options](std::string_view value) { return AddHeader(value, &options->headers); }},
      {.name = "method", .value = "METHOD", .help = "request method (default GET)", .read = ReadText(&options->method)},
      {.name = "target",
       .value = "TARGET",
       .help = "path and query of the request (default /)",
       .read = ReadText(&options->target)},
      {.name = "upgrade",
       .help = "add the header fields of a WebSocket handshake",
       .read = ReadSwitch(&options->upgrade)},
      {.name = "raw",
       .value = "FILE",
       .help = "read the whole request head from this file, or from standard input if -",
       .candidates = kFiles,
       .read = ReadText(&options->raw_file)},
      {.name = "peer",
       .value = "ADDRESS",
       .help = "IP address of the TCP peer, which is the load balancer (required)",
       .read = ReadText(&options->peer)},
      {.name = "proxy-source",
       .value = "ADDRESS",
       .help = "source address in the connection's PROXY header (mode NLB)",
       .read = ReadText(&options->proxy_source)},
      {.name = "config",
       .value = "FILE",
       .help = "evaluate against this config file instead of a running sidecar",
       .candidates = kFiles,
       .read = ReadText(&options->config_file)},
  };
}

}  // namespace

std::string RenderExplanation(const Explanation& explanation, const Look& look) {
  std::vector<std::pair<std::string, std::string>> fields = {{"verdict", VerdictText(explanation)},
                                                             {"viewer address", explanation.viewer_address()},
                                                             {"edge address", explanation.edge_address()},
                                                             {"secret", explanation.secret_generation()}};
  if (explanation.has_viewer_load()) {
    const Explanation::ViewerLoad& load = explanation.viewer_load();
    fields.emplace_back("viewer's tunnels", LoadText(load.tunnels(), load.max_tunnels()));
    fields.emplace_back("viewer's requests", LoadText(load.requests(), load.max_requests()));
  }
  std::string text = RenderFields(fields, look);
  if (explanation.checks().empty()) return text;
  Table table({{.header = "CHECK"},
               {.header = "RESULT", .toned = true},
               {.header = "REASON"},
               {.header = "FACTS", .min_width = 24, .narrow = Column::Narrow::kWrap, .below_order = 1}});
  for (const Explanation::Check& check : explanation.checks()) {
    table.AddRow({check.check(), absl::AsciiStrToLower(Explanation::Check::Result_Name(check.result())), check.reason(),
                  check.facts()});
  }
  return absl::StrCat(text, "\n", table.Render(look));
}

Command ExplainCommand() {
  const auto options = std::make_shared<Options>();
  return {
      .name = "explain",
      .calls = Calls::kSidecar,
      .flags = Flags(options.get()),
      .summary = "Explains what the sidecar would do with a request, and why: \"why 403?\".",
      .details =
          "It shows the result of every check and forwards nothing. Exit code 5 if the request is not let through.\n"
          "With --config, no sidecar is called; the files and secrets that the config names must exist.\n",
      .examples =
          "  viaductctl explain --peer 10.0.8.12 --upgrade --target /websocket -H 'Host: chat.example.com' \\\n"
          "      -H 'X-Forwarded-For: 203.0.113.7, 130.176.114.52' -H 'Via: 1.1 abc.cloudfront.net (CloudFront)' \\\n"
          "      -H 'X-Amz-Cf-Id: 3QinF8qURdlfjvILoXcZZqalpUXpxOCEI4nLyjxNpODDTK1thF1D7w=='\n"
          "  viaductctl explain --peer 10.0.8.12 --raw request.txt\n"
          "  viaductctl explain --peer 10.0.8.12 --raw - --config sidecar.yaml < request.txt\n",
      .check = [options](const Arguments&) { return Check(*options); },
      .run = [options](const Invocation& invocation) { return ExplainHead(*options, invocation); },
  };
}

}  // namespace viaduct::ctl
