#include "origin/broker/redis/client/redis_files.h"

#include <cstddef>
#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "net/tls_context.h"
#include "ops/config/bounded_file.h"
#include "text/field_error.h"
#include "text/string_view.h"

namespace viaduct::origin {
namespace {

constexpr std::size_t kMaxPasswordBytes = 1024;

absl::Status ReadPassword(RedisEndpoint* endpoint) {
  const std::string& path = endpoint->password_file;
  if (path.empty()) return absl::OkStatus();
  absl::StatusOr<std::string> text = ops::ReadSecretCredentialFile(path);
  if (!text.ok()) return text::AtField("broker.redis.password_file", text.status());
  absl::StatusOr<std::string> password = TakePassword(*std::move(text));
  if (!password.ok())
    return text::AtField("broker.redis.password_file",
                         text::InvalidValue(path, text::ToStd(password.status().message())));
  endpoint->password = *std::move(password);
  return absl::OkStatus();
}

absl::Status ReadAuthorities(RedisEndpoint* endpoint) {
  const std::string& path = endpoint->ca_file;
  if (path.empty()) return absl::OkStatus();
  const absl::StatusOr<std::string> authorities = ops::ReadSecretCredentialFile(path);
  if (!authorities.ok()) return text::AtField("broker.redis.ca_file", authorities.status());
  absl::StatusOr<std::shared_ptr<const net::TlsContext>> tls =
      net::TlsContext::CreateClient(*authorities, endpoint->server_name);
  if (!tls.ok())
    return text::AtField("broker.redis.ca_file", text::InvalidValue(path, text::ToStd(tls.status().message())));
  endpoint->tls = *std::move(tls);
  return absl::OkStatus();
}

}  // namespace

bool HasFiles(const RedisEndpoint& endpoint) { return !endpoint.password_file.empty() || !endpoint.ca_file.empty(); }

absl::StatusOr<RedisEndpoint> WithFilesRead(RedisEndpoint endpoint) {
  if (absl::Status read = ReadPassword(&endpoint); !read.ok()) return read;
  if (absl::Status read = ReadAuthorities(&endpoint); !read.ok()) return read;
  return endpoint;
}

absl::StatusOr<std::string> TakePassword(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  if (text.empty()) return absl::InvalidArgumentError("contains no password");
  if (text.size() > kMaxPasswordBytes) return absl::InvalidArgumentError("holds more than 1024 bytes");
  return text;
}

}  // namespace viaduct::origin
