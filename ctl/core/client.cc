#include "ctl/core/client.h"

#include <chrono>
#include <cstddef>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "ctl/core/endpoint.h"
#include "ctl/output/file.h"
#include "ctl/output/text.h"

namespace viaduct::ctl {
namespace {

constexpr std::size_t kMaxTokenBytes = 8 * 1024;
constexpr std::size_t kMaxPemBytes = 1024 * 1024;
// Large enough for a page of a thousand connections, each with the most header text that a handshake may have.
constexpr int kMaxResponseBytes = 64 * 1024 * 1024;
// Detects a chat that vanished during a watch. gRPC servers refuse pings that come more often than every five minutes.
constexpr std::chrono::milliseconds kKeepaliveTime = std::chrono::minutes(6);
constexpr std::chrono::milliseconds kKeepaliveTimeout = std::chrono::seconds(20);

absl::StatusOr<std::string> ReadToken(const GlobalOptions& options) {
  if (options.token_file.empty() && options.token.empty()) return std::string();
  const std::string source = options.token_file.empty() ? "VIADUCT_TOKEN" : options.token_file;
  absl::StatusOr<std::string> token = options.token;
  if (!options.token_file.empty()) token = ReadInput(options.token_file, kMaxTokenBytes);
  if (!token.ok()) return token;
  absl::StripAsciiWhitespace(&*token);
  if (token->empty()) return absl::InvalidArgumentError(absl::StrCat(source, " contains no token"));
  for (const char c : *token) {
    if (!absl::ascii_isgraph(static_cast<unsigned char>(c))) {
      return absl::InvalidArgumentError(absl::StrCat(source, ": a token must be one word of visible ASCII characters"));
    }
  }
  return token;
}

absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> MakeCredentials(const GlobalOptions& options, bool tls) {
  if (!tls) return grpc::InsecureChannelCredentials();
  grpc::SslCredentialsOptions pem;
  const std::pair<const std::string&, std::string&> files[] = {{options.ca_file, pem.pem_root_certs},
                                                               {options.certificate_file, pem.pem_cert_chain},
                                                               {options.private_key_file, pem.pem_private_key}};
  for (const auto& [path, content] : files) {
    if (path.empty()) continue;
    absl::StatusOr<std::string> read = ReadInput(path, kMaxPemBytes);
    if (!read.ok()) return read.status();
    if (read->find("-----BEGIN ") == std::string::npos) {
      return absl::InvalidArgumentError(absl::StrCat(path, ": not a PEM file"));
    }
    if (read->find("-----BEGIN ENCRYPTED PRIVATE KEY-----") != std::string::npos ||
        read->find("Proc-Type: 4,ENCRYPTED") != std::string::npos) {
      return absl::InvalidArgumentError(
          absl::StrCat(path, ": the key is encrypted; decrypt it with \"openssl pkey -in KEY -out DECRYPTED\""));
    }
    content = *std::move(read);
  }
  return grpc::SslCredentials(pem);
}

grpc::ChannelArguments ChannelArguments(const Endpoint& endpoint) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kMaxResponseBytes);
  // A web proxy must not see the token.
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  if (endpoint.unix_path.empty()) {
    arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, static_cast<int>(kKeepaliveTime.count()));
    arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, static_cast<int>(kKeepaliveTimeout.count()));
  }
  return arguments;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Client>> Client::Create(const GlobalOptions& options, Calls calls) {
  absl::StatusOr<Endpoint> endpoint = ParseEndpoint(options.endpoint);
  if (!endpoint.ok()) return endpoint.status();
  // Certificates from the environment are ignored for a Unix socket.
  const bool certified = !options.ca_file.empty() || !options.certificate_file.empty();
  const bool tls = certified && endpoint->unix_path.empty();
  absl::StatusOr<std::string> token = ReadToken(options);
  if (!token.ok()) return token.status();
  if (!token->empty() && !tls && !endpoint->on_this_machine) {
    return absl::InvalidArgumentError(absl::StrCat("will not send the token in clear text to ", endpoint->text,
                                                   ": give --ca for TLS, or use a Unix socket or loopback"));
  }
  const absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> credentials = MakeCredentials(options, tls);
  if (!credentials.ok()) return credentials.status();

  CallContext context{.endpoint = *std::move(endpoint), .tls = tls, .token_source = "", .timeout = options.timeout};
  if (calls == Calls::kSidecar || calls == Calls::kBoth) {
    context.server = "sidecar";
    context.thing = "tunnel";
    context.list = "sidecar tunnels list";
  }
  const std::string shown = Escape(context.endpoint.text);
  context.target = options.context.empty() ? shown : absl::StrCat(options.context, " (", shown, ")");
  if (!token->empty()) context.token_source = options.token_file.empty() ? "VIADUCT_TOKEN" : options.token_file;
  const std::shared_ptr<grpc::Channel> channel =
      grpc::CreateCustomChannel(context.endpoint.grpc_target, *credentials, ChannelArguments(context.endpoint));
  return std::unique_ptr<Client>(new Client(std::move(context), *std::move(token), channel));
}

Client::Client(CallContext context, std::string token, const std::shared_ptr<grpc::Channel>& channel)
    : context_(std::move(context)),
      token_(std::move(token)),
      chat_(admin::v1::ChatAdmin::NewStub(channel)),
      sidecar_(admin::v1::SidecarAdmin::NewStub(channel)),
      health_(grpc::health::v1::Health::NewStub(channel)) {}

void Client::Authorize(grpc::ClientContext& context) const {
  if (!token_.empty()) context.AddMetadata("authorization", absl::StrCat("Bearer ", token_));
}

}  // namespace viaduct::ctl
