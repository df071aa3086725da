#include "ops/admin/admin_listener.h"

#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "ops/admin/admin_tls.h"
#include "ops/config/duration_field.h"
#include "text/duration_text.h"
#include "text/field_error.h"

namespace viaduct::ops {
namespace {

absl::Status ReadAddress(std::string_view field, const std::string& text, net::SocketAddress* out) {
  absl::StatusOr<net::SocketAddress> address = net::SocketAddress::Parse(text);
  if (!address.ok()) return text::AtField(field, address.status());
  *out = *std::move(address);
  return absl::OkStatus();
}

absl::Status ReadTokens(std::string_view field, const std::string& path, Credentials credentials, AdminTcpConfig* out) {
  out->bearer_token_file = path;
  if (path.empty() || credentials == Credentials::kLeft) return absl::OkStatus();
  absl::StatusOr<AdminTokens> tokens = AdminTokens::Read(path);
  if (!tokens.ok()) return text::AtField(field, tokens.status());
  out->tokens = *std::move(tokens);
  return absl::OkStatus();
}

absl::Status ReadTls(const admin::v1::AdminTcp& proto, Credentials credentials, AdminTcpConfig* out) {
  const AdminTlsFiles files{.certificate = proto.certificate_file(),
                            .private_key = proto.private_key_file(),
                            .client_ca = proto.client_ca_file()};
  if (files.certificate.empty() != files.private_key.empty()) {
    return text::InvalidField(files.certificate.empty() ? "admin.tcp.certificate_file" : "admin.tcp.private_key_file",
                              "must be set, since its counterpart is");
  }
  if (files.certificate.empty()) {
    if (files.client_ca.empty()) return absl::OkStatus();
    return text::InvalidField("admin.tcp.certificate_file", "must be set, since client_ca_file is");
  }
  out->tls_files = files;
  if (credentials == Credentials::kLeft) return absl::OkStatus();
  absl::StatusOr<AdminTls> tls = AdminTls::Read(files);
  if (!tls.ok()) return tls.status();
  out->tls = *std::move(tls);
  return absl::OkStatus();
}

absl::Status ReadAdminTcp(const admin::v1::AdminTcp& proto, Credentials credentials, AdminTcpConfig* out) {
  for (absl::Status status : {
           ReadAddress("admin.tcp.listen", proto.listen(), &out->listen),
           ReadTokens("admin.tcp.bearer_token_file", proto.bearer_token_file(), credentials, out),
       }) {
    if (!status.ok()) return status;
  }
  out->health_needs_token = proto.health_needs_token();
  out->max_connection_age = ToMillisecondsOrOff(proto.max_connection_age());
  const bool has_tokens = credentials == Credentials::kLeft ? !out->bearer_token_file.empty() : !out->tokens.empty();
  if (!has_tokens && proto.client_ca_file().empty()) {
    return text::InvalidField("admin.tcp",
                              "bearer_token_file or client_ca_file must be set: the admin API is never open");
  }
  if (proto.certificate_file().empty() && proto.private_key_file().empty() && !out->listen.is_loopback()) {
    return text::InvalidField(
        "admin.tcp.listen",
        absl::StrCat("\"", proto.listen(), "\": not a loopback address, so certificate_file must be set"));
  }
  return ReadTls(proto, credentials, out);
}

}  // namespace

absl::StatusOr<AdminListener> AdminListener::Create(const admin::v1::AdminListener& proto, Credentials credentials) {
  AdminListener listener;
  if (!proto.unix_socket().empty()) {
    listener.unix_socket.emplace();
    const absl::Status read =
        ReadAddress("admin.unix_socket", absl::StrCat("unix:", proto.unix_socket()), &*listener.unix_socket);
    if (!read.ok()) return read;
  }
  if (proto.has_tcp()) {
    if (absl::Status read = ReadAdminTcp(proto.tcp(), credentials, &listener.tcp.emplace()); !read.ok()) return read;
  }
  return listener;
}

std::vector<ListenerField> AdminListener::With(const net::SocketAddress& listen,
                                               const net::SocketAddress& ops_listen) const {
  std::vector<ListenerField> listeners = {{"listen", listen}, {"ops_listen", ops_listen}};
  if (unix_socket.has_value()) listeners.push_back({"admin.unix_socket", *unix_socket});
  if (tcp.has_value()) listeners.push_back({"admin.tcp.listen", tcp->listen});
  return listeners;
}

std::string AdminListener::Addresses() const {
  return absl::StrCat(unix_socket.has_value() ? unix_socket->ToString() : "",
                      unix_socket.has_value() && tcp.has_value() ? ", " : "",
                      tcp.has_value() ? tcp->listen.ToString() : "");
}

std::string AdminListener::MaxConnectionAge() const {
  const bool limited = tcp.has_value() && tcp->max_connection_age.has_value();
  return text::DurationText(limited ? *tcp->max_connection_age : std::chrono::milliseconds::zero());
}

bool AdminListener::SameCredentials(const AdminListener& other) const {
  const AdminTcpConfig none;
  const AdminTcpConfig& a = tcp.has_value() ? *tcp : none;
  const AdminTcpConfig& b = other.tcp.has_value() ? *other.tcp : none;
  return a.bearer_token_file == b.bearer_token_file && a.tls_files == b.tls_files;
}

}  // namespace viaduct::ops
