#include "sidecar/policy_inputs.h"

#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "filter/builtin_ranges.h"
#include "filter/ip_ranges_json.h"
#include "filter/origin_secret.h"
#include "filter/spec_error.h"

namespace viaduct {
namespace {

// Twenty times the size of AWS's file in 2026.
constexpr std::size_t kMaxRangesFileSize = std::size_t{52} << 20;
// As much as Secrets Manager keeps.
constexpr std::size_t kMaxSecretFileSize = std::size_t{64} << 10;

std::string_view ToStd(absl::string_view text) { return {text.data(), text.size()}; }

// NotFound if there is no such file.
absl::StatusOr<std::string> ReadFile(const std::string& path, std::size_t limit, std::string_view limit_text) {
  std::error_code error;
  const std::filesystem::file_status status = std::filesystem::status(path, error);
  if (error) {
    const absl::Status fault = SpecError(path, absl::StrCat("cannot be read: ", error.message()));
    return error == std::errc::no_such_file_or_directory ? absl::NotFoundError(fault.message()) : fault;
  }
  // Reading from anything else might never end.
  if (!std::filesystem::is_regular_file(status)) return SpecError(path, "is not a regular file");

  std::ifstream file(path, std::ios::binary);
  if (!file) {
    return SpecError(path, absl::StrCat("cannot be read: ", std::error_code(errno, std::generic_category()).message()));
  }
  std::string text;
  char buffer[64 * 1024];
  while (file.read(buffer, sizeof(buffer)), file.gcount() > 0) {
    text.append(buffer, static_cast<std::size_t>(file.gcount()));
    if (text.size() > limit) return SpecError(path, std::string("is larger than ").append(limit_text));
  }
  if (file.bad()) return SpecError(path, "cannot be read to its end");
  return text;
}

absl::StatusOr<IpRanges> ReadRanges(const filter::v1::EdgeRanges& message) {
  if (message.file().empty()) return BuiltinRanges();
  const absl::StatusOr<std::string> text = ReadFile(message.file(), kMaxRangesFileSize, "52 MiB");
  if (!text.ok()) return text.status();
  absl::StatusOr<IpRanges> ranges = ParseIpRangesJson(*text);
  if (!ranges.ok()) return SpecError(message.file(), ToStd(ranges.status().message()));
  return ranges;
}

// What stands in the source; empty if it is not there.
absl::StatusOr<std::string> ReadSecretText(const filter::v1::SecretSource& source) {
  if (source.from_case() == filter::v1::SecretSource::kEnvironment) {
    const char* const value = std::getenv(source.environment().c_str());
    return std::string(value == nullptr ? "" : value);
  }
  absl::StatusOr<std::string> text = ReadFile(source.file(), kMaxSecretFileSize, "64 KiB");
  if (absl::IsNotFound(text.status()) && source.may_be_absent()) return std::string();
  return text;
}

absl::StatusOr<SecretFormat> FormatOf(filter::v1::SecretFormat format) {
  switch (format) {
    case filter::v1::SECRET_FORMAT_UNSPECIFIED:
    case filter::v1::TEXT:
      return SecretFormat::kText;
    case filter::v1::SECRETS_MANAGER_JSON:
      return SecretFormat::kSecretsManagerJson;
    default:
      return AtField("format", SpecError(std::to_string(format), "is not TEXT or SECRETS_MANAGER_JSON"));
  }
}

// The value of one source, or nullopt if it may be absent and is. Errors begin with the field's path in the source.
absl::StatusOr<std::optional<std::string>> ReadSecret(const filter::v1::SecretSource& source) {
  const bool from_file = source.from_case() == filter::v1::SecretSource::kFile;
  const std::string& place = from_file ? source.file() : source.environment();
  if (place.empty()) return absl::InvalidArgumentError("file: is required, or environment");
  const absl::StatusOr<SecretFormat> format = FormatOf(source.format());
  if (!format.ok()) return format.status();

  const std::string_view field = from_file ? "file" : "environment";
  const absl::StatusOr<std::string> text = ReadSecretText(source);
  if (!text.ok()) return AtField(field, text.status());
  if (text->empty()) {
    if (source.may_be_absent()) return std::nullopt;
    return AtField(field, SpecError(place, from_file ? "is empty" : "is not set in the environment"));
  }
  absl::StatusOr<std::string> value = ParseSecretText(*text, *format);
  if (!value.ok()) return AtField(field, SpecError(place, ToStd(value.status().message())));
  return *std::move(value);
}

absl::StatusOr<std::vector<NamedSecret>> ReadSecrets(const filter::v1::OriginSecret& message) {
  std::vector<NamedSecret> secrets;
  for (int i = 0; i < message.sources_size(); ++i) {
    absl::StatusOr<std::optional<std::string>> value = ReadSecret(message.sources(i));
    if (!value.ok()) {
      return absl::Status(value.status().code(), absl::StrCat("secret.sources[", i, "].", value.status().message()));
    }
    if (*value) secrets.push_back(NamedSecret{message.sources(i).name(), **std::move(value)});
  }
  return secrets;
}

}  // namespace

absl::StatusOr<PolicyInputs> ReadPolicyInputs(const filter::v1::VpcOrigin& message) {
  absl::StatusOr<IpRanges> ranges = ReadRanges(message.edge_ranges());
  if (!ranges.ok()) return AtField("edge_ranges.file", absl::InvalidArgumentError(ranges.status().message()));
  absl::StatusOr<std::vector<NamedSecret>> secrets = ReadSecrets(message.secret());
  if (!secrets.ok()) return absl::InvalidArgumentError(secrets.status().message());
  return PolicyInputs{*std::move(ranges), *std::move(secrets)};
}

}  // namespace viaduct
