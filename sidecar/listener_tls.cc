#include "sidecar/listener_tls.h"

#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "net/tls_files.h"

namespace viaduct {
namespace {

constexpr absl::string_view kCertificate = "listener_tls.certificate_file";
constexpr absl::string_view kKey = "listener_tls.private_key_file";

absl::Status Error(absl::string_view field, absl::string_view rule) {
  return absl::InvalidArgumentError(absl::StrCat(field, ": ", rule));
}

absl::StatusOr<std::string> ReadFile(absl::string_view field, const std::string& path) {
  if (path.empty()) return Error(field, "required");
  absl::StatusOr<std::string> text = ReadTlsFile(path);
  if (!text.ok()) return Error(field, text.status().message());
  return text;
}

}  // namespace

absl::StatusOr<std::shared_ptr<const TlsContext>> ReadTlsContext(const sidecar::v1::ListenerTls& proto) {
  const absl::StatusOr<std::string> certificate = ReadFile(kCertificate, proto.certificate_file());
  if (!certificate.ok()) return certificate.status();
  const absl::StatusOr<std::string> key = ReadFile(kKey, proto.private_key_file());
  if (!key.ok()) return key.status();
  absl::StatusOr<std::shared_ptr<const TlsContext>> context = TlsContext::Create(*certificate, *key);
  if (context.ok()) return context;
  if (IsCertificateChain(*certificate) && !KeyMatchesCertificate(*key, *certificate)) {
    return Error(kKey, absl::StrCat("\"", proto.private_key_file(), "\": is no PEM key of the certificate"));
  }
  return Error(kCertificate, absl::StrCat("\"", proto.certificate_file(), "\": ", context.status().message()));
}

ListenerTls ReadListenerTls(sidecar::v1::ListenerTls* proto, FieldChecker* check, const TlsContextReader& read) {
  ListenerTls tls;
  tls.handshake_timeout = check->Positive("listener_tls.handshake_timeout", proto->has_handshake_timeout(),
                                          proto->mutable_handshake_timeout(), std::chrono::seconds(5));
  if (!check->status().ok()) return tls;
  absl::StatusOr<std::shared_ptr<const TlsContext>> context = read(*proto);
  if (context.ok()) {
    tls.context = *std::move(context);
  } else {
    check->Fail(context.status());
  }
  return tls;
}

}  // namespace viaduct
