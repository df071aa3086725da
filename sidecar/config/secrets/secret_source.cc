#include "sidecar/config/secrets/secret_source.h"

#include <cstdlib>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "filter/origin_secret.h"
#include "ops/config/bounded_file.h"
#include "text/field_error.h"
#include "text/status.h"
#include "text/string_view.h"

namespace viaduct::sidecar {
namespace {

using filter::v1::SecretSource;

// The largest secret that Secrets Manager stores.
constexpr std::size_t kMaxSecretFileSize = std::size_t{64} << 10;

bool IsFile(const SecretSource& source) { return source.from_case() == SecretSource::kFile; }

const std::string& PlaceOf(const SecretSource& source) { return IsFile(source) ? source.file() : source.environment(); }

// Returns the text of the source; empty if it may be absent and is.
absl::StatusOr<std::string> ReadText(const SecretSource& source) {
  if (!IsFile(source)) {
    const char* const value = std::getenv(source.environment().c_str());
    return std::string(value == nullptr ? "" : value);
  }
  absl::StatusOr<std::string> text = ops::ReadSecretFile(source.file(), kMaxSecretFileSize);
  if (absl::IsNotFound(text.status()) && source.may_be_absent()) return std::string();
  return text;
}

// Returns the value in `text`; nullopt if it may be absent and is.
absl::StatusOr<std::optional<std::string>> ValueIn(const std::string& text, const SecretSource& source) {
  if (source.format() != filter::v1::SECRETS_MANAGER_JSON && source.json_key().empty()) {
    return text::ToStatusOr(filter::ParseSecretText(text));
  }
  const std::string_view key =
      source.json_key().empty() ? filter::OriginSecret::kDefaultJsonKey : std::string_view(source.json_key());
  absl::StatusOr<std::string> value = text::ToStatusOr(filter::ParseSecretJson(text, key));
  const bool absent = absl::IsNotFound(value.status()) || (value.ok() && value->empty());
  if (absent && source.may_be_absent()) return std::nullopt;
  return value;
}

}  // namespace

absl::Status AtSecretSource(std::size_t index, const absl::Status& error) {
  return absl::Status(error.code(), absl::StrCat("secret.sources[", index, "].", error.message()));
}

absl::Status CheckSecretSource(const SecretSource& source) {
  if (PlaceOf(source).empty()) return absl::InvalidArgumentError("file: is required, or environment");
  switch (source.format()) {
    case filter::v1::SECRET_FORMAT_UNSPECIFIED:
    case filter::v1::SECRETS_MANAGER_JSON:
      return absl::OkStatus();
    case filter::v1::TEXT:
      if (source.json_key().empty()) return absl::OkStatus();
      return text::AtField("json_key", text::InvalidValue(source.json_key(), "needs format: SECRETS_MANAGER_JSON"));
    default:
      return text::AtField("format",
                           text::InvalidValue(std::to_string(source.format()), "is not TEXT or SECRETS_MANAGER_JSON"));
  }
}

absl::StatusOr<std::optional<std::string>> ReadSecretSource(const SecretSource& source) {
  if (absl::Status status = CheckSecretSource(source); !status.ok()) return status;
  const std::string_view field = IsFile(source) ? "file" : "environment";
  const absl::StatusOr<std::string> text = ReadText(source);
  if (!text.ok()) return text::AtField(field, absl::InvalidArgumentError(text.status().message()));
  const auto fail = [&](std::string_view rule) {
    return text::AtField(field, text::InvalidValue(PlaceOf(source), rule));
  };
  if (text->empty()) {
    if (source.may_be_absent()) return std::nullopt;
    if (IsFile(source)) return fail("is empty");
    // A text that names no variable may be the secret itself, so it is not shown.
    return text::InvalidField(field, "no such variable is set, or it is empty");
  }
  absl::StatusOr<std::optional<std::string>> value = ValueIn(*text, source);
  if (!value.ok()) return fail(text::ToStd(value.status().message()));
  return value;
}

}  // namespace viaduct::sidecar
