#include "sidecar/config/listener_tls.h"

#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "ops/config/tls_identity.h"

namespace viaduct::sidecar {
namespace {

constexpr absl::string_view kSection = "listener_tls";

absl::Status CheckSet(absl::string_view field, const std::string& path) {
  if (!path.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(kSection, ".", field, ": required"));
}

}  // namespace

absl::StatusOr<std::shared_ptr<const net::TlsContext>> ReadTlsContext(const sidecar::v1::ListenerTls& proto) {
  absl::Status set = CheckSet("certificate_file", proto.certificate_file());
  set.Update(CheckSet("private_key_file", proto.private_key_file()));
  if (!set.ok()) return set;
  absl::StatusOr<ops::TlsIdentity> identity =
      ops::TlsIdentity::Read(kSection, proto.certificate_file(), proto.private_key_file());
  if (!identity.ok()) return identity.status();
  return std::move(identity->context);
}

ListenerTls ReadListenerTls(sidecar::v1::ListenerTls* proto, ops::FieldChecker* check, const TlsContextReader& read) {
  ListenerTls tls;
  tls.handshake_timeout = check->Positive("listener_tls.handshake_timeout", proto->has_handshake_timeout(),
                                          proto->mutable_handshake_timeout(), std::chrono::seconds(5));
  if (!check->status().ok()) return tls;
  absl::StatusOr<std::shared_ptr<const net::TlsContext>> context = read(*proto);
  if (context.ok()) {
    tls.context = *std::move(context);
  } else {
    check->Fail(context.status());
  }
  return tls;
}

}  // namespace viaduct::sidecar
