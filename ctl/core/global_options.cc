#include "ctl/core/global_options.h"

#include <array>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "ctl/core/contexts.h"
#include "ctl/output/print.h"

namespace viaduct::ctl {
namespace {

absl::Status ReadFormat(std::string_view value, Format* option) {
  constexpr std::array<std::pair<std::string_view, Format>, 4> kFormats = {
      {{"table", Format::kTable}, {"wide", Format::kWide}, {"json", Format::kJson}, {"yaml", Format::kYaml}}};
  for (const auto& [name, format] : kFormats) {
    if (value != name) continue;
    *option = format;
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError("expected table, wide, json or yaml");
}

absl::Status ReadColor(std::string_view value, ColorWhen* option) {
  constexpr std::array<std::pair<std::string_view, ColorWhen>, 3> kTimes = {
      {{"auto", ColorWhen::kAuto}, {"always", ColorWhen::kAlways}, {"never", ColorWhen::kNever}}};
  for (const auto& [name, when] : kTimes) {
    if (value != name) continue;
    *option = when;
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError("expected auto, always or never");
}

}  // namespace

Look GlobalOptions::look() const {
  const bool wide = format == Format::kWide;
  return {.width = wide ? std::nullopt : TerminalWidth(),
          .headers = !no_headers,
          .color = color == ColorWhen::kAlways || (color == ColorWhen::kAuto && TerminalHasColor()),
          .wide = wide};
}

std::vector<Flag> GlobalFlags(GlobalOptions* options) {
  constexpr Candidates kFiles = {.kind = Candidates::Kind::kFiles};
  return {
      {.name = "context",
       .value = "CONTEXT",
       .help = "use the endpoint and credentials of this context",
       .environment = "VIADUCT_CONTEXT",
       .candidates = kContextNames,
       .read = ReadText(&options->context)},
      {.name = "endpoint",
       .value = "ADDRESS",
       .help = "address of the admin API: unix:PATH, HOST:PORT or [IPV6]:PORT",
       .environment = "VIADUCT_ENDPOINT",
       .read = ReadText(&options->endpoint)},
      {.name = "token-file",
       .value = "FILE",
       .help = "file that contains the bearer token",
       .environment = "VIADUCT_TOKEN_FILE",
       .candidates = kFiles,
       .read = ReadText(&options->token_file)},
      {.name = "ca",
       .value = "FILE",
       .help = "TLS over TCP: PEM file of the CA certificates to trust",
       .environment = "VIADUCT_CA",
       .candidates = kFiles,
       .read = ReadText(&options->ca_file)},
      {.name = "cert",
       .value = "FILE",
       .help = "TLS over TCP: PEM file of the client certificate chain",
       .environment = "VIADUCT_CERT",
       .candidates = kFiles,
       .read = ReadText(&options->certificate_file)},
      {.name = "key",
       .value = "FILE",
       .help = "PEM file of the private key for --cert",
       .environment = "VIADUCT_KEY",
       .candidates = kFiles,
       .read = ReadText(&options->private_key_file)},
      {.name = "timeout",
       .value = "DURATION",
       .help = "deadline for each call (default 5s)",
       .read = ReadTimeout(&options->timeout)},
      {.name = "output",
       .letter = 'o',
       .value = "FORMAT",
       .help = "table (default), wide (all columns, nothing is cut), json or yaml",
       .candidates = {.kind = Candidates::Kind::kWords, .text = "table wide json yaml"},
       .read = [options](std::string_view value) { return ReadFormat(value, &options->format); }},
      {.name = "json",
       .help = "the same as --output json",
       .read =
           [options](std::string_view) {
             options->format = Format::kJson;
             return absl::OkStatus();
           }},
      {.name = "color",
       .value = "WHEN",
       .help = "colour what needs attention: auto (default: on a terminal without NO_COLOR), always or never",
       .candidates = {.kind = Candidates::Kind::kWords, .text = "auto always never"},
       .read = [options](std::string_view value) { return ReadColor(value, &options->color); }},
      {.name = "no-headers", .help = "print tables without the header line", .read = ReadSwitch(&options->no_headers)},
  };
}

}  // namespace viaduct::ctl
