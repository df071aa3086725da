#include "ops/admin_listener.h"

#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "net/tls_files.h"

namespace viaduct {
namespace {

absl::Status Invalid(std::string_view field, std::string_view rule) {
  return absl::InvalidArgumentError(
      absl::StrCat(absl::string_view(field.data(), field.size()), ": ", absl::string_view(rule.data(), rule.size())));
}

absl::Status ReadAddress(std::string_view field, const std::string& text, SocketAddress* out) {
  if (text.empty()) return Invalid(field, "must be set");
  absl::StatusOr<SocketAddress> address = SocketAddress::Parse(text);
  if (!address.ok()) return Invalid(field, {address.status().message().data(), address.status().message().size()});
  *out = *std::move(address);
  return absl::OkStatus();
}

absl::Status ReadWholeFile(std::string_view field, const std::string& path, std::string* out) {
  if (path.empty()) return absl::OkStatus();
  absl::StatusOr<std::string> text = ReadTlsFile(path);
  if (!text.ok()) return Invalid(field, {text.status().message().data(), text.status().message().size()});
  *out = *std::move(text);
  return absl::OkStatus();
}

absl::Status ReadTokens(std::string_view field, const std::string& path, AdminTcpConfig* out) {
  if (path.empty()) return absl::OkStatus();
  absl::StatusOr<AdminTokens> tokens = AdminTokens::Read(path);
  if (!tokens.ok()) return Invalid(field, {tokens.status().message().data(), tokens.status().message().size()});
  out->bearer_token_file = path;
  out->tokens = *std::move(tokens);
  return absl::OkStatus();
}

absl::Status CheckTls(const AdminTcpConfig& tcp, const admin::v1::AdminTcp& proto) {
  if (tcp.certificate.empty() != tcp.private_key.empty()) {
    return Invalid(tcp.certificate.empty() ? "admin.tcp.certificate_file" : "admin.tcp.private_key_file",
                   "must be set, since its counterpart is");
  }
  if (!tcp.client_ca.empty() && tcp.certificate.empty()) {
    return Invalid("admin.tcp.certificate_file", "must be set, since client_ca_file is");
  }
  if (!tcp.certificate.empty()) {
    if (!IsCertificateChain(tcp.certificate)) {
      return Invalid("admin.tcp.certificate_file",
                     absl::StrCat("\"", proto.certificate_file(), "\": is no PEM certificate chain"));
    }
    if (!KeyMatchesCertificate(tcp.private_key, tcp.certificate)) {
      return Invalid("admin.tcp.private_key_file",
                     absl::StrCat("\"", proto.private_key_file(), "\": is no PEM key of the certificate"));
    }
  }
  if (!tcp.client_ca.empty() && !IsCertificateChain(tcp.client_ca)) {
    return Invalid("admin.tcp.client_ca_file", absl::StrCat("\"", proto.client_ca_file(), "\": is no PEM certificate"));
  }
  return absl::OkStatus();
}

absl::Status ReadAdminTcp(const admin::v1::AdminTcp& proto, AdminTcpConfig* out) {
  for (absl::Status status : {
           ReadAddress("admin.tcp.listen", proto.listen(), &out->listen),
           ReadTokens("admin.tcp.bearer_token_file", proto.bearer_token_file(), out),
           ReadWholeFile("admin.tcp.certificate_file", proto.certificate_file(), &out->certificate),
           ReadWholeFile("admin.tcp.private_key_file", proto.private_key_file(), &out->private_key),
           ReadWholeFile("admin.tcp.client_ca_file", proto.client_ca_file(), &out->client_ca),
       }) {
    if (!status.ok()) return status;
  }
  if (out->listen.is_unix()) {
    return Invalid("admin.tcp.listen",
                   absl::StrCat("\"", proto.listen(), "\": not an IP address; see admin.unix_socket"));
  }
  if (out->tokens.empty() && out->client_ca.empty()) {
    return Invalid("admin.tcp", "bearer_token_file or client_ca_file must be set: the admin API is never open");
  }
  if (out->certificate.empty() && out->private_key.empty() && !out->listen.is_loopback()) {
    return Invalid("admin.tcp.listen",
                   absl::StrCat("\"", proto.listen(), "\": not a loopback address, so certificate_file must be set"));
  }
  return CheckTls(*out, proto);
}

}  // namespace

absl::StatusOr<AdminListener> AdminListener::Create(const admin::v1::AdminListener& proto) {
  AdminListener listener;
  if (!proto.unix_socket().empty()) {
    listener.unix_socket.emplace();
    const absl::Status read =
        ReadAddress("admin.unix_socket", absl::StrCat("unix:", proto.unix_socket()), &*listener.unix_socket);
    if (!read.ok()) return read;
  }
  if (proto.has_tcp()) {
    if (absl::Status read = ReadAdminTcp(proto.tcp(), &listener.tcp.emplace()); !read.ok()) return read;
  }
  return listener;
}

std::string AdminListener::Addresses() const {
  return absl::StrCat(unix_socket.has_value() ? unix_socket->ToString() : "",
                      unix_socket.has_value() && tcp.has_value() ? ", " : "",
                      tcp.has_value() ? tcp->listen.ToString() : "");
}

bool AdminListener::SameCredentials(const AdminListener& other) const {
  const AdminTcpConfig none;
  const AdminTcpConfig& a = tcp.has_value() ? *tcp : none;
  const AdminTcpConfig& b = other.tcp.has_value() ? *other.tcp : none;
  return a.bearer_token_file == b.bearer_token_file && a.certificate == b.certificate &&
         a.private_key == b.private_key && a.client_ca == b.client_ca;
}

}  // namespace viaduct
