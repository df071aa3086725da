#include "origin/config.h"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "net/worker_pool.h"
#include "ops/duration_text.h"
#include "origin/tls_files.h"

namespace viaduct {
namespace {

constexpr std::uint32_t kMaxMessageBytes = 67108864;
constexpr std::uint32_t kMaxOutboundBytes = 1u << 30;
constexpr std::uint32_t kMaxFragments = 1u << 20;
constexpr std::uint32_t kMaxConnections = 10'000'000;
constexpr std::uint32_t kMaxWorkers = 256;
constexpr std::size_t kMaxFileBytes = std::size_t{1} << 20;
constexpr std::size_t kMinTokenBytes = 16;
constexpr auto kMaxTimeout = std::chrono::hours(24);

absl::string_view Abseil(std::string_view text) { return {text.data(), text.size()}; }

absl::Status Invalid(std::string_view field, std::string_view rule) {
  return absl::InvalidArgumentError(absl::StrCat(Abseil(field), ": ", Abseil(rule)));
}

absl::Status ReadAddress(std::string_view field, const std::string& text, SocketAddress* out) {
  if (text.empty()) return Invalid(field, "must be set");
  absl::StatusOr<SocketAddress> address = SocketAddress::Parse(text);
  if (!address.ok()) return Invalid(field, {address.status().message().data(), address.status().message().size()});
  *out = *std::move(address);
  return absl::OkStatus();
}

// 0 is "not set" and leaves the default.
template <typename Number>
absl::Status ReadCount(std::string_view field, std::uint32_t value, std::uint32_t max, Number* out) {
  if (value == 0) return absl::OkStatus();
  if (value > max) return Invalid(field, absl::StrCat(value, ": more than ", max));
  *out = static_cast<Number>(value);
  return absl::OkStatus();
}

absl::Status ReadTimeout(std::string_view field, bool is_set, const google::protobuf::Duration& value,
                         std::chrono::nanoseconds* out) {
  if (!is_set) return absl::OkStatus();
  // Compared in seconds first: the proto's range is wider than that of nanoseconds.
  if (value.seconds() < 0 || value.nanos() < 0 || (value.seconds() == 0 && value.nanos() == 0)) {
    return Invalid(field, "must be longer than 0s");
  }
  if (std::chrono::seconds(value.seconds()) > kMaxTimeout) return Invalid(field, "longer than 24h");
  *out = std::chrono::seconds(value.seconds()) + std::chrono::nanoseconds(value.nanos());
  return absl::OkStatus();
}

absl::Status ReadWholeFile(std::string_view field, const std::string& path, std::string* out) {
  if (path.empty()) return absl::OkStatus();
  out->resize(kMaxFileBytes + 1);
  std::FILE* file = std::fopen(path.c_str(), "rb");
  const std::size_t size = file == nullptr ? 0 : std::fread(out->data(), 1, out->size(), file);
  const bool failed = file == nullptr || std::ferror(file) != 0;
  if (file != nullptr) std::fclose(file);
  out->resize(size);
  if (failed) return Invalid(field, absl::StrCat("\"", path, "\": cannot be read"));
  if (size == 0) return Invalid(field, absl::StrCat("\"", path, "\": is empty"));
  if (size > kMaxFileBytes) return Invalid(field, absl::StrCat("\"", path, "\": larger than 1 MiB"));
  return absl::OkStatus();
}

absl::Status ReadToken(std::string_view field, const std::string& path, std::string* out) {
  if (absl::Status read = ReadWholeFile(field, path, out); !read.ok() || path.empty()) return read;
  while (!out->empty() && (out->back() == '\n' || out->back() == '\r')) out->pop_back();
  if (out->size() < kMinTokenBytes) {
    return Invalid(field, absl::StrCat("\"", path, "\": the token is shorter than ", kMinTokenBytes, " characters"));
  }
  const bool visible = std::all_of(out->begin(), out->end(), [](char c) { return c > 0x20 && c < 0x7f; });
  if (!visible) {
    return Invalid(field, absl::StrCat("\"", path, "\": the token has a character that is not visible ASCII"));
  }
  return absl::OkStatus();
}

absl::Status CheckTls(const AdminTcpConfig& tcp, const origin::v1::AdminTcp& proto) {
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

absl::Status ReadAdminTcp(const origin::v1::AdminTcp& proto, AdminTcpConfig* out) {
  for (absl::Status status : {
           ReadAddress("admin.tcp.listen", proto.listen(), &out->listen),
           ReadToken("admin.tcp.bearer_token_file", proto.bearer_token_file(), &out->bearer_token),
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
  if (out->bearer_token.empty() && out->client_ca.empty()) {
    return Invalid("admin.tcp", "bearer_token_file or client_ca_file must be set: the admin API is never open");
  }
  if (out->certificate.empty() && out->private_key.empty() && !out->listen.is_loopback()) {
    return Invalid("admin.tcp.listen",
                   absl::StrCat("\"", proto.listen(), "\": not a loopback address, so certificate_file must be set"));
  }
  return CheckTls(*out, proto);
}

absl::Status ReadAdmin(const origin::v1::Admin& proto, OriginConfig* out) {
  if (!proto.unix_socket().empty()) {
    out->admin_unix_socket.emplace();
    const absl::Status read =
        ReadAddress("admin.unix_socket", absl::StrCat("unix:", proto.unix_socket()), &*out->admin_unix_socket);
    if (!read.ok()) return read;
  }
  if (!proto.has_tcp()) return absl::OkStatus();
  return ReadAdminTcp(proto.tcp(), &out->admin_tcp.emplace());
}

absl::Status ReadLimits(const origin::v1::Limits& proto, OriginConfig* out) {
  std::size_t outbound = 0;
  for (absl::Status status : {
           ReadCount("limits.max_message_bytes", proto.max_message_bytes(), kMaxMessageBytes, &out->max_message_bytes),
           ReadCount("limits.max_fragments", proto.max_fragments(), kMaxFragments, &out->max_fragments),
           ReadCount("limits.max_outbound_bytes", proto.max_outbound_bytes(), kMaxOutboundBytes, &outbound),
           ReadCount("limits.max_connections", proto.max_connections(), kMaxConnections, &out->max_connections),
       }) {
    if (!status.ok()) return status;
  }
  const std::size_t least = 2 * out->max_message_bytes;
  if (outbound == 0) outbound = std::max(out->max_outbound_bytes, least);
  if (outbound < least) {
    return Invalid("limits.max_outbound_bytes", absl::StrCat(outbound, ": less than twice max_message_bytes, ", least));
  }
  out->max_outbound_bytes = outbound;
  return absl::OkStatus();
}

absl::Status ReadTimeouts(const origin::v1::Timeouts& proto, OriginConfig* out) {
  for (absl::Status status : {
           ReadTimeout("timeouts.request_head_timeout", proto.has_request_head_timeout(), proto.request_head_timeout(),
                       &out->request_head_timeout),
           ReadTimeout("timeouts.keep_alive_timeout", proto.has_keep_alive_timeout(), proto.keep_alive_timeout(),
                       &out->keep_alive_timeout),
           ReadTimeout("timeouts.close_timeout", proto.has_close_timeout(), proto.close_timeout(), &out->close_timeout),
           ReadTimeout("timeouts.message_timeout", proto.has_message_timeout(), proto.message_timeout(),
                       &out->message_timeout),
           ReadTimeout("timeouts.drain_timeout", proto.has_drain_timeout(), proto.drain_timeout(), &out->drain_timeout),
       }) {
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<OriginConfig> OriginConfig::Create(const origin::v1::OriginConfig& proto) {
  OriginConfig config;
  const std::string ops_listen = proto.ops_listen().empty() ? std::string(kDefaultOpsListen) : proto.ops_listen();
  config.workers = UsableCpus();
  for (absl::Status status : {
           ReadAddress("listen", proto.listen(), &config.listen),
           ReadAddress("ops_listen", ops_listen, &config.ops_listen),
           ReadCount("workers", proto.workers(), kMaxWorkers, &config.workers),
           ReadLimits(proto.limits(), &config),
           ReadTimeouts(proto.timeouts(), &config),
           ReadAdmin(proto.admin(), &config),
       }) {
    if (!status.ok()) return status;
  }
  if (config.ops_listen.is_unix())
    return Invalid("ops_listen", absl::StrCat("\"", ops_listen, "\": not an IP address"));
  return config;
}

origin::v1::OriginConfig WithDefaults(const OriginConfig& config, const origin::v1::OriginConfig& proto) {
  origin::v1::OriginConfig full = proto;
  full.set_ops_listen(config.ops_listen.ToString());
  full.set_workers(static_cast<std::uint32_t>(config.workers));
  origin::v1::Limits& limits = *full.mutable_limits();
  limits.set_max_message_bytes(static_cast<std::uint32_t>(config.max_message_bytes));
  limits.set_max_fragments(static_cast<std::uint32_t>(config.max_fragments));
  limits.set_max_outbound_bytes(static_cast<std::uint32_t>(config.max_outbound_bytes));
  limits.set_max_connections(static_cast<std::uint32_t>(config.max_connections));
  origin::v1::Timeouts& timeouts = *full.mutable_timeouts();
  *timeouts.mutable_request_head_timeout() = ToProto(config.request_head_timeout);
  *timeouts.mutable_keep_alive_timeout() = ToProto(config.keep_alive_timeout);
  *timeouts.mutable_close_timeout() = ToProto(config.close_timeout);
  *timeouts.mutable_message_timeout() = ToProto(config.message_timeout);
  *timeouts.mutable_drain_timeout() = ToProto(config.drain_timeout);
  return full;
}

}  // namespace viaduct
