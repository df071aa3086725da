#include "ops/admin/admin_port_credentials.h"

#include <grpc/grpc.h>
#include <grpc/grpc_security.h>
#include <grpc/slice.h>

#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>

#include "ops/admin/admin_caller.h"
#include "ops/admin/admin_tls.h"

namespace viaduct::ops {
namespace {

std::string_view View(const grpc_slice& slice) {
  return {reinterpret_cast<const char*>(GRPC_SLICE_START_PTR(slice)), GRPC_SLICE_LENGTH(slice)};
}

// Lets through only calls that carry a token, for every service of the port, including reflection, but health only if
// the port's settings say so.
class BearerToken {
 public:
  BearerToken(const AdminTcpConfig& tcp, const AdminCredentials* credentials, AdminRefusals* refusals)
      : tcp_(tcp), credentials_(credentials), refusals_(refusals) {}

  grpc_auth_metadata_processor processor() { return {.process = Process, .destroy = nullptr, .state = this}; }

 private:
  struct Shown {
    std::string_view authorization;
    int authorizations = 0;
    std::string_view path;
  };

  // The token stays among the metadata: it identifies the caller, since the context belongs to the connection.
  static void Process(void* self, grpc_auth_context* context, const grpc_metadata* metadata, std::size_t count,
                      grpc_process_auth_metadata_done_cb done, void* user_data) {
    Shown shown;
    for (std::size_t i = 0; i < count; ++i) {
      const std::string_view key = View(metadata[i].key);
      if (key == ":path") shown.path = View(metadata[i].value);
      if (key != "authorization") continue;
      shown.authorization = View(metadata[i].value);
      ++shown.authorizations;
    }
    const char* const complaint = static_cast<BearerToken*>(self)->Judge(shown, context);
    done(user_data, nullptr, 0, nullptr, 0, complaint == nullptr ? GRPC_STATUS_OK : GRPC_STATUS_UNAUTHENTICATED,
         complaint);
  }

  // Returns what is wrong, or nullptr.
  const char* Judge(const Shown& shown, const grpc_auth_context* context) {
    if (NeedsNoToken(tcp_, shown.path)) return nullptr;
    if (shown.authorizations != 1) {
      Note(shown.authorizations == 0 ? AdminRefusals::Reason::kNoToken : AdminRefusals::Reason::kTwoTokens, shown,
           context);
      return "a bearer token is required: authorization: Bearer TOKEN";
    }
    if (!credentials_->NameOf(shown.authorization).empty()) return nullptr;
    Note(AdminRefusals::Reason::kWrongToken, shown, context);
    return "wrong bearer token";
  }

  // gRPC gives a processor the call's method, but not its peer.
  void Note(AdminRefusals::Reason reason, const Shown& shown, const grpc_auth_context* context) {
    refusals_->Note(reason, {.method = shown.path, .certificate_name = CertificateName(context)},
                    std::chrono::steady_clock::now());
  }

  const AdminTcpConfig& tcp_;
  const AdminCredentials* const credentials_;
  AdminRefusals* const refusals_;
};

// Gives gRPC the port's TLS material, at its start and at each new connection.
class TlsFetcher {
 public:
  explicit TlsFetcher(const AdminCredentials* credentials) : credentials_(credentials) {}

  // gRPC calls this under a lock of the port.
  static grpc_ssl_certificate_config_reload_status Fetch(void* self, grpc_ssl_server_certificate_config** config) {
    auto* const fetcher = static_cast<TlsFetcher*>(self);
    std::shared_ptr<const AdminTls> tls = fetcher->credentials_->tls();
    if (tls == fetcher->given_) return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_UNCHANGED;
    const grpc_ssl_pem_key_cert_pair pair{.private_key = tls->private_key.c_str(),
                                          .cert_chain = tls->certificate.c_str()};
    // gRPC 1.51 asserts that there are authorities, even when clients need no certificate and none is used.
    const std::string& authorities = tls->client_ca.empty() ? tls->certificate : tls->client_ca;
    *config = grpc_ssl_server_certificate_config_create(authorities.c_str(), &pair, 1);
    fetcher->given_ = std::move(tls);
    return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_NEW;
  }

 private:
  const AdminCredentials* const credentials_;
  std::shared_ptr<const AdminTls> given_;
};

struct Release {
  void operator()(grpc_server_credentials* credentials) const { grpc_server_credentials_release(credentials); }
};
using CCredentials = std::unique_ptr<grpc_server_credentials, Release>;

// Uses gRPC's C interface, since the C++ interface takes a certificate only once.
class PortCredentials final : public grpc::ServerCredentials {
 public:
  PortCredentials(const AdminTcpConfig& tcp, const AdminCredentials* credentials, AdminRefusals* refusals)
      : fetcher_(credentials), token_(tcp, credentials, refusals) {
    if (tcp.tls.has_value()) {
      const auto request = tcp.tls->client_ca.empty() ? GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE
                                                      : GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY;
      credentials_.reset(grpc_ssl_server_credentials_create_with_options(
          grpc_ssl_server_credentials_create_options_using_config_fetcher(request, TlsFetcher::Fetch, &fetcher_)));
    } else {
      // Used only on loopback, as the config ensures: the only kind without TLS that gRPC lets a processor guard.
      credentials_.reset(grpc_local_server_credentials_create(LOCAL_TCP));
    }
    if (!tcp.tokens.empty())
      grpc_server_credentials_set_auth_metadata_processor(credentials_.get(), token_.processor());
  }

  // Nobody else may set one: a processor in place of ours would let calls through.
  void SetAuthMetadataProcessor(const std::shared_ptr<grpc::AuthMetadataProcessor>&) override { std::abort(); }

 private:
  int AddPortToServer(const std::string& address, grpc_server* server) override {
    return grpc_server_add_http2_port(server, address.c_str(), credentials_.get());
  }

  TlsFetcher fetcher_;
  BearerToken token_;
  CCredentials credentials_;
};

}  // namespace

bool NeedsNoToken(const AdminTcpConfig& tcp, std::string_view method) {
  return !tcp.health_needs_token && method.starts_with("/grpc.health.v1.Health/");
}

std::shared_ptr<grpc::ServerCredentials> AdminPortCredentials(const AdminTcpConfig& tcp,
                                                              const AdminCredentials* credentials,
                                                              AdminRefusals* refusals) {
  return std::make_shared<PortCredentials>(tcp, credentials, refusals);
}

}  // namespace viaduct::ops
