#include "origin/broker/redis/client/redis_files.h"

#include <cstddef>
#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "net/tls_context.h"
#include "ops/config/bounded_file.h"

namespace viaduct::origin {
namespace {

constexpr std::size_t kMaxPasswordBytes = 1024;

absl::Status Invalid(absl::string_view field, absl::string_view rule) {
  return absl::InvalidArgumentError(absl::StrCat("broker.redis.", field, ": ", rule));
}

absl::Status Invalid(absl::string_view field, const std::string& path, const absl::Status& status) {
  return Invalid(field, absl::StrCat("\"", path, "\": ", status.message()));
}

absl::Status ReadPassword(RedisEndpoint* endpoint) {
  const std::string& path = endpoint->password_file;
  if (path.empty()) return absl::OkStatus();
  absl::StatusOr<std::string> text = ops::ReadCredentialFile(path);
  if (!text.ok()) return Invalid("password_file", text.status().message());
  absl::StatusOr<std::string> password = TakePassword(*std::move(text));
  if (!password.ok()) return Invalid("password_file", path, password.status());
  endpoint->password = *std::move(password);
  return absl::OkStatus();
}

absl::Status ReadAuthorities(RedisEndpoint* endpoint) {
  const std::string& path = endpoint->ca_file;
  if (path.empty()) return absl::OkStatus();
  const absl::StatusOr<std::string> authorities = ops::ReadCredentialFile(path);
  if (!authorities.ok()) return Invalid("ca_file", authorities.status().message());
  absl::StatusOr<std::shared_ptr<const net::TlsContext>> tls =
      net::TlsContext::CreateClient(*authorities, endpoint->server_name);
  if (!tls.ok()) return Invalid("ca_file", path, tls.status());
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
