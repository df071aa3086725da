#include "sidecar/listener_tls.h"

#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "net/tls_files.h"

namespace viaduct {
namespace {

constexpr absl::string_view kCertificate = "listener_tls.certificate_file";
constexpr absl::string_view kKey = "listener_tls.private_key_file";

void Fail(absl::string_view field, absl::string_view rule, FieldChecker* check) {
  check->Fail({field.data(), field.size()}, {rule.data(), rule.size()});
}

std::string ReadFile(absl::string_view field, const std::string& path, FieldChecker* check) {
  if (path.empty()) {
    Fail(field, "required", check);
    return "";
  }
  absl::StatusOr<std::string> text = ReadTlsFile(path);
  if (!text.ok()) Fail(field, text.status().message(), check);
  return text.ok() ? *std::move(text) : "";
}

}  // namespace

ListenerTls ReadListenerTls(sidecar::v1::ListenerTls* proto, FieldChecker* check) {
  ListenerTls tls;
  tls.handshake_timeout = check->Positive("listener_tls.handshake_timeout", proto->has_handshake_timeout(),
                                          proto->mutable_handshake_timeout(), std::chrono::seconds(5));
  const std::string certificate = ReadFile(kCertificate, proto->certificate_file(), check);
  const std::string key = ReadFile(kKey, proto->private_key_file(), check);
  if (!check->status().ok()) return tls;
  absl::StatusOr<std::shared_ptr<const TlsContext>> context = TlsContext::Create(certificate, key);
  if (context.ok()) {
    tls.context = *std::move(context);
  } else if (IsCertificateChain(certificate) && !KeyMatchesCertificate(key, certificate)) {
    Fail(kKey, absl::StrCat("\"", proto->private_key_file(), "\": is no PEM key of the certificate"), check);
  } else {
    Fail(kCertificate, absl::StrCat("\"", proto->certificate_file(), "\": ", context.status().message()), check);
  }
  return tls;
}

}  // namespace viaduct
