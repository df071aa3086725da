#include "ctl/core/global_options.h"

#include "ctl/core/contexts.h"

namespace viaduct::ctl {

std::vector<Flag> GlobalFlags(GlobalOptions* options) {
  constexpr Candidates kFiles = {.kind = Candidates::Kind::kFiles};
  return {
      {.name = "context",
       .value = "CONTEXT",
       .help = "take endpoint and credentials of this context",
       .environment = "VIADUCT_CONTEXT",
       .candidates = kContextNames,
       .read = ReadText(&options->context)},
      {.name = "endpoint",
       .value = "ADDRESS",
       .help = "where the admin API is: unix:PATH, HOST:PORT or [IPV6]:PORT",
       .environment = "VIADUCT_ENDPOINT",
       .read = ReadText(&options->endpoint)},
      {.name = "token-file",
       .value = "FILE",
       .help = "file with the bearer token that is asked for",
       .environment = "VIADUCT_TOKEN_FILE",
       .candidates = kFiles,
       .read = ReadText(&options->token_file)},
      {.name = "ca",
       .value = "FILE",
       .help = "TLS over TCP: PEM of the authorities that may vouch for the server",
       .environment = "VIADUCT_CA",
       .candidates = kFiles,
       .read = ReadText(&options->ca_file)},
      {.name = "cert",
       .value = "FILE",
       .help = "TLS over TCP: PEM certificate chain to show to the server",
       .environment = "VIADUCT_CERT",
       .candidates = kFiles,
       .read = ReadText(&options->certificate_file)},
      {.name = "key",
       .value = "FILE",
       .help = "PEM private key of --cert",
       .environment = "VIADUCT_KEY",
       .candidates = kFiles,
       .read = ReadText(&options->private_key_file)},
      {.name = "timeout",
       .value = "DURATION",
       .help = "deadline of each call (default 5s)",
       .read = ReadTimeout(&options->timeout)},
      {.name = "json",
       .help = "print JSON, fields as in api/admin/v1; 64-bit numbers are strings",
       .read = ReadSwitch(&options->json)},
      {.name = "no-headers", .help = "print tables without their first line", .read = ReadSwitch(&options->no_headers)},
  };
}

}  // namespace viaduct::ctl
