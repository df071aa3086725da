#include "ctl/core/global_options.h"

#include "ctl/core/contexts.h"

namespace viaduct::ctl {

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
      {.name = "json",
       .help = "print JSON with the field names of api/admin/v1; 64-bit numbers are strings",
       .read = ReadSwitch(&options->json)},
      {.name = "no-headers", .help = "print tables without the header line", .read = ReadSwitch(&options->no_headers)},
  };
}

}  // namespace viaduct::ctl
