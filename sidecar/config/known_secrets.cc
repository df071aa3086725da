#include "sidecar/config/known_secrets.h"

#include <google/protobuf/util/message_differencer.h>

#include <cstddef>
#include <cstdlib>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "ops/config/bounded_file.h"
#include "text/field_error.h"
#include "text/string_view.h"

namespace viaduct::sidecar {
namespace {

// The largest secret that Secrets Manager stores.
constexpr std::size_t kMaxSecretFileSize = std::size_t{64} << 10;

// Returns the text of the source; empty if it may be absent and is.
absl::StatusOr<std::string> ReadSecretText(const filter::v1::SecretSource& source) {
  if (source.from_case() == filter::v1::SecretSource::kEnvironment) {
    const char* const value = std::getenv(source.environment().c_str());
    return std::string(value == nullptr ? "" : value);
  }
  absl::StatusOr<std::string> text = ops::ReadBoundedFile(source.file(), kMaxSecretFileSize);
  if (absl::IsNotFound(text.status()) && source.may_be_absent()) return std::string();
  return text;
}

absl::StatusOr<filter::SecretFormat> FormatOf(filter::v1::SecretFormat format) {
  switch (format) {
    case filter::v1::SECRET_FORMAT_UNSPECIFIED:
    case filter::v1::TEXT:
      return filter::SecretFormat::kText;
    case filter::v1::SECRETS_MANAGER_JSON:
      return filter::SecretFormat::kSecretsManagerJson;
    default:
      return text::AtField("format", text::InvalidValue(std::to_string(format), "is not TEXT or SECRETS_MANAGER_JSON"));
  }
}

// Reads the value of one source; nullopt if it may be absent and is. Errors begin with the field's path in the source.
absl::StatusOr<std::optional<std::string>> ReadSecret(const filter::v1::SecretSource& source) {
  const bool from_file = source.from_case() == filter::v1::SecretSource::kFile;
  const std::string& place = from_file ? source.file() : source.environment();
  if (place.empty()) return absl::InvalidArgumentError("file: is required, or environment");
  const absl::StatusOr<filter::SecretFormat> format = FormatOf(source.format());
  if (!format.ok()) return format.status();

  const std::string_view field = from_file ? "file" : "environment";
  const absl::StatusOr<std::string> text = ReadSecretText(source);
  if (!text.ok()) return text::AtField(field, absl::InvalidArgumentError(text.status().message()));
  if (text->empty()) {
    if (source.may_be_absent()) return std::nullopt;
    return text::AtField(field, text::InvalidValue(place, from_file ? "is empty" : "is not set in the environment"));
  }
  absl::StatusOr<std::string> value = filter::ParseSecretText(*text, *format);
  if (!value.ok()) return text::AtField(field, text::InvalidValue(place, text::ToStd(value.status().message())));
  return *std::move(value);
}

absl::Status AtSource(std::size_t index, const absl::Status& error) {
  return absl::Status(error.code(), absl::StrCat("secret.sources[", index, "].", error.message()));
}

}  // namespace

absl::StatusOr<KnownSecrets> KnownSecrets::Follow(const filter::v1::OriginSecret& message) const {
  KnownSecrets followed;
  for (const filter::v1::SecretSource& source : message.sources()) {
    if (const Known* known = Find(source); known != nullptr) {
      followed.known_.push_back(*known);
      continue;
    }
    absl::StatusOr<std::optional<std::string>> value = ReadSecret(source);
    if (!value.ok()) return AtSource(followed.known_.size(), value.status());
    followed.known_.push_back({source, *std::move(value)});
  }
  return followed;
}

absl::Status KnownSecrets::ReadAgain() {
  absl::Status first;
  for (std::size_t i = 0; i < known_.size(); ++i) {
    absl::StatusOr<std::optional<std::string>> value = ReadSecret(known_[i].source);
    if (value.ok()) {
      known_[i].value = *std::move(value);
    } else {
      first.Update(AtSource(i, value.status()));
    }
  }
  return first;
}

std::vector<filter::NamedSecret> KnownSecrets::values() const {
  std::vector<filter::NamedSecret> values;
  for (const Known& known : known_) {
    if (known.value.has_value()) values.push_back(filter::NamedSecret{known.source.name(), *known.value});
  }
  return values;
}

std::vector<std::string> KnownSecrets::files() const {
  std::vector<std::string> files;
  for (const Known& known : known_) {
    if (known.source.from_case() == filter::v1::SecretSource::kFile) files.push_back(known.source.file());
  }
  return files;
}

bool KnownSecrets::SameValues(const KnownSecrets& other) const {
  if (known_.size() != other.known_.size()) return false;
  for (std::size_t i = 0; i < known_.size(); ++i) {
    if (known_[i].value != other.known_[i].value) return false;
  }
  return true;
}

const KnownSecrets::Known* KnownSecrets::Find(const filter::v1::SecretSource& source) const {
  for (const Known& known : known_) {
    if (google::protobuf::util::MessageDifferencer::Equals(known.source, source)) return &known;
  }
  return nullptr;
}

}  // namespace viaduct::sidecar
