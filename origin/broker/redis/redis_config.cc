#include "origin/broker/redis/redis_config.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "net/address.h"
#include "net/tls_context.h"
#include "origin/broker/redis/client/redis_endpoint.h"
#include "origin/broker/redis/client/redis_files.h"
#include "text/duration_text.h"
#include "text/field_error.h"
#include "text/string_view.h"

namespace viaduct::origin {
namespace {

bool IsOf(std::string_view text, std::string_view more) {
  return std::all_of(text.begin(), text.end(), [more](char c) {
    return ('a' <= c && c <= 'z') || ('A' <= c && c <= 'Z') || ('0' <= c && c <= '9') ||
           more.find(c) != std::string_view::npos;
  });
}

// What stands in the place of an address, a user or a file's name may be the password, so errors do not show it.

absl::Status ReadAddress(const std::string& text, RedisEndpoint* out) {
  constexpr std::string_view kField = "broker.redis.address";
  constexpr std::string_view kRule = "must be \"HOST:PORT\", \"[IPV6]:PORT\" or \"unix:PATH\"";
  if (text.find("://") != std::string::npos) {
    return text::InvalidField(kField, "is a URL; write \"HOST:PORT\", and use tls, username and password_file");
  }
  if (const absl::StatusOr<net::SocketAddress> address = net::SocketAddress::Parse(text); address.ok()) {
    out->is_unix = address->is_unix();
    out->host = out->is_unix ? address->path() : address->host();
    out->port = address->port();
  } else {
    const std::size_t colon = text.rfind(':');
    std::uint32_t port = 0;
    if (colon == std::string::npos || colon == 0 || colon > 253 || !IsOf(text.substr(0, colon), ".-_") ||
        !absl::SimpleAtoi(text.substr(colon + 1), &port) || port > 65535) {
      return text::InvalidField(kField, kRule);
    }
    out->host = text.substr(0, colon);
    out->port = static_cast<std::uint16_t>(port);
  }
  if (!out->is_unix && out->port == 0) return text::InvalidField(kField, "the port must be above 0");
  return absl::OkStatus();
}

absl::Status ReadTls(const origin::v1::Redis& proto, RedisEndpoint* out) {
  if (!proto.tls()) {
    if (!proto.ca_file().empty()) return text::InvalidField("broker.redis.ca_file", "needs tls: true");
    if (!proto.server_name().empty()) return text::InvalidField("broker.redis.server_name", "needs tls: true");
    return absl::OkStatus();
  }
  if (out->is_unix) return text::InvalidField("broker.redis.tls", "not over a Unix socket");
  out->server_name = proto.server_name().empty() ? out->host : proto.server_name();
  out->ca_file = proto.ca_file();
  if (!out->ca_file.empty()) return absl::OkStatus();
  absl::StatusOr<std::shared_ptr<const net::TlsContext>> context = net::TlsContext::CreateClient("", out->server_name);
  if (!context.ok()) return text::AtField("broker.redis.tls", context.status());
  out->tls = *std::move(context);
  return absl::OkStatus();
}

absl::Status ReadPassword(const origin::v1::Redis& proto, ops::Credentials credentials, RedisEndpoint* out) {
  out->username = proto.username();
  out->password_file = proto.password_file();
  const std::string& variable = proto.password_env();
  if (variable.empty()) {
    if (!proto.username().empty() && out->password_file.empty()) {
      return text::InvalidField("broker.redis.username", "needs a password");
    }
    return absl::OkStatus();
  }
  if (!out->password_file.empty())
    return text::InvalidField("broker.redis.password_env", "not together with password_file");
  if (credentials == ops::Credentials::kLeft) return absl::OkStatus();
  const char* const value = std::getenv(variable.c_str());
  // What names no variable may be the password itself, so it is not shown.
  if (value == nullptr) {
    return text::InvalidField("broker.redis.password_env", "no such variable is set in the environment");
  }
  absl::StatusOr<std::string> password = TakePassword(value);
  if (!password.ok())
    return text::AtField("broker.redis.password_env",
                         text::InvalidValue(variable, text::ToStd(password.status().message())));
  out->password = *std::move(password);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<RedisBrokerSettings> ReadRedisConfig(origin::v1::Redis* proto, ops::Credentials credentials) {
  RedisBrokerSettings settings;
  // The order matters: TLS needs the host.
  if (absl::Status status = ReadAddress(proto->address(), &settings.endpoint); !status.ok()) return status;
  if (absl::Status status = ReadTls(*proto, &settings.endpoint); !status.ok()) return status;
  if (absl::Status status = ReadPassword(*proto, credentials, &settings.endpoint); !status.ok()) return status;
  if (credentials == ops::Credentials::kRead) {
    absl::StatusOr<RedisEndpoint> endpoint = WithFilesRead(settings.endpoint);
    if (!endpoint.ok()) return endpoint.status();
    settings.endpoint = *std::move(endpoint);
  }
  if (proto->tls() && proto->server_name().empty()) proto->set_server_name(settings.endpoint.host);
  settings.endpoint.command_timeout = text::ToChrono(proto->command_timeout());
  settings.endpoint.database = static_cast<int>(proto->database());
  settings.back_off_first = text::ToChrono(proto->back_off_first());
  settings.back_off_last = text::ToChrono(proto->back_off_last());
  if (settings.back_off_last < settings.back_off_first) {
    return text::AtField(
        "broker.redis.back_off_last",
        text::InvalidValue(
            text::DurationText(settings.back_off_last),
            absl::StrCat("must be at least ", text::DurationText(settings.back_off_first), ", back_off_first")));
  }
  settings.presence_ttl = text::ToChrono(proto->presence_ttl());
  settings.key_prefix = proto->key_prefix();
  settings.outbox_bytes = proto->max_outbox_bytes();
  return settings;
}

}  // namespace viaduct::origin
