#include "filter/origin_secret.h"

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "filter/trusted_fields.h"
#include "text/ascii.h"
#include "text/concat.h"
#include "text/error.h"

namespace viaduct::filter {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kMaxHeaderSize = 256;
constexpr std::size_t kMaxNameSize = 32;

constexpr bool IsLowerOrDigit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }
constexpr bool IsNameChar(char c) { return IsLowerOrDigit(c) || c == '-' || c == '_'; }

// The names that a custom header of a CloudFront origin cannot have.
// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/add-origin-custom-headers.html
constexpr std::array<std::string_view, 23> kCloudFrontRefuses = {"cache-control",
                                                                 "connection",
                                                                 "content-length",
                                                                 "cookie",
                                                                 "host",
                                                                 "if-match",
                                                                 "if-modified-since",
                                                                 "if-none-match",
                                                                 "if-range",
                                                                 "if-unmodified-since",
                                                                 "max-forwards",
                                                                 "pragma",
                                                                 "proxy-authenticate",
                                                                 "proxy-authorization",
                                                                 "proxy-connection",
                                                                 "range",
                                                                 "request-range",
                                                                 "te",
                                                                 "trailer",
                                                                 "transfer-encoding",
                                                                 "upgrade",
                                                                 "via",
                                                                 "x-real-ip"};
constexpr std::array<std::string_view, 2> kCloudFrontRefusedPrefixes = {"x-amz-", "x-edge-"};

// Returns why a text is no header's name, given in lower case; empty if it is one.
std::string_view SpellingFault(std::string_view name) {
  if (name.size() > kMaxHeaderSize) return "is longer than 256 characters";
  if (!std::all_of(name.begin(), name.end(), [](char c) { return IsLowerOrDigit(c) || c == '-'; })) {
    return "has characters other than letters, digits and \"-\", which balancers may drop";
  }
  return "";
}

// Returns what is wrong with a header's name, given in lower case; empty if nothing is.
std::string_view HeaderFault(std::string_view name) {
  const bool refused =
      std::find(kCloudFrontRefuses.begin(), kCloudFrontRefuses.end(), name) != kCloudFrontRefuses.end() ||
      std::any_of(kCloudFrontRefusedPrefixes.begin(), kCloudFrontRefusedPrefixes.end(),
                  [&](std::string_view prefix) { return name.starts_with(prefix); });
  if (refused) return "cannot be a custom header of a CloudFront origin";
  if (IsTrustedField(name)) return "is a field that other decisions rest on";
  return "";
}

// Returns what is wrong with a value; empty if nothing is.
std::string_view ValueFault(std::string_view value) {
  if (value.size() < OriginSecret::kMinSize) return "its value is shorter than 16 characters";
  if (value.size() > OriginSecret::kMaxSize) return "its value is longer than 1783 characters, CloudFront's limit";
  if (!std::all_of(value.begin(), value.end(), [](char c) { return c >= ' ' && c <= '~'; })) {
    return "its value has characters other than printable ASCII";
  }
  if (value.front() == ' ' || value.back() == ' ') return "its value begins or ends with a space";
  return "";
}

std::optional<text::Error> NamesFault(std::span<const NamedSecret> values) {
  for (auto value = values.begin(); value != values.end(); ++value) {
    const std::string& name = value->name;
    if (name.empty() || name.size() > kMaxNameSize || !std::all_of(name.begin(), name.end(), IsNameChar)) {
      // What is no name may be the secret itself, so it is not shown.
      return text::Error{"a name must have 1 to 32 lower-case letters, digits, \"-\" and \"_\""};
    }
    if (std::any_of(values.begin(), value, [&](const NamedSecret& other) { return other.name == name; })) {
      return text::ValueError(name, "is the name of two values");
    }
  }
  return std::nullopt;
}

// Returns 1 if `difference` is 0, otherwise 0, without a branch.
constexpr std::uint64_t IsZero(std::uint32_t difference) { return (std::uint64_t{difference} - 1) >> 63; }

}  // namespace

text::Result<std::string> ParseSecretText(std::string_view text) {
  if (text.starts_with('{') && Json::accept(text)) {
    return text::Error{"is a JSON object; name the member that is the value in json_key"};
  }
  if (text.starts_with('{') || text.starts_with('[')) {
    return text::Error{"begins like JSON, but is not a JSON object; it may have been cut off"};
  }
  if (text.starts_with("arn:")) {
    return text::Error{
        "is the name of a secret, not its value; in the task definition, put it in valueFrom of \"secrets\" instead of "
        "\"environment\""};
  }
  if (text.ends_with('\n')) text.remove_suffix(1);
  if (text.ends_with('\r')) text.remove_suffix(1);
  return std::string(text);
}

// nlohmann's own error texts quote their input, so none is used.
text::Result<std::string> ParseSecretJson(std::string_view text, std::string_view key) {
  int members = 0;
  const auto count_members = [&](int depth, Json::parse_event_t event, Json& parsed) {
    if (event == Json::parse_event_t::key && depth == 1 && parsed == key) ++members;
    return true;
  };
  const Json json = Json::parse(text, count_members, /*allow_exceptions=*/false);
  const std::string name = text::Concat("\"", key, "\"");
  if (json.is_discarded()) return text::Error{"is not JSON"};
  if (!json.is_object()) return text::Error{"is not a JSON object"};
  if (members == 0) return text::Error{text::Concat("has no member ", name), text::Error::Code::kNotFound};
  if (members > 1) return text::Error{text::Concat("has ", name, " twice")};
  const auto member = json.find(std::string(key));
  if (!member->is_string()) return text::Error{text::Concat("its ", name, " is not a string")};
  return member->get<std::string>();
}

text::Result<OriginSecret> OriginSecret::Create(std::string_view header, std::span<const NamedSecret> values) {
  OriginSecret secret;
  secret.header_ = header.empty() ? kDefaultHeader : header;
  std::transform(secret.header_.begin(), secret.header_.end(), secret.header_.begin(), text::ToLower);
  // What is no header's name may be the secret itself, so it is not shown.
  if (const std::string_view fault = SpellingFault(secret.header_); !fault.empty()) {
    return text::FieldError("secret.header", fault);
  }
  if (const std::string_view fault = HeaderFault(secret.header_); !fault.empty()) {
    return text::ErrorAt("secret.header", text::ValueError(header, fault));
  }
  if (values.empty()) return text::Error{"secret.sources: at least one must have a value"};
  if (values.size() > kMaxValues) return text::Error{text::Concat("secret.sources: more than ", kMaxValues)};
  if (const std::optional<text::Error> fault = NamesFault(values)) return text::ErrorAt("secret.sources", *fault);
  for (const NamedSecret& named : values) {
    if (const std::string_view fault = ValueFault(named.value); !fault.empty()) {
      return text::ErrorAt("secret.sources", text::ValueError(named.name, fault));
    }
    PaddedValue& padded = secret.values_.emplace_back();
    padded.size = named.value.size();
    std::copy(named.value.begin(), named.value.end(), padded.bytes.begin());
    secret.generations_.push_back(named.name);
  }
  return secret;
}

std::optional<std::size_t> OriginSecret::Match(std::string_view presented) const {
  constexpr std::uint64_t kNone = std::numeric_limits<std::uint64_t>::max();
  const std::size_t compared = std::min(presented.size(), kMaxSize);
  std::uint64_t found = kNone;
  for (std::size_t i = values_.size(); i-- > 0;) {
    const PaddedValue& value = values_[i];
    // Our sizes and a request's head are far below 2^32 bytes.
    auto difference = static_cast<std::uint32_t>(value.size ^ presented.size());
    for (std::size_t at = 0; at < compared; ++at) {
      difference |= static_cast<std::uint32_t>(static_cast<unsigned char>(value.bytes[at] ^ presented[at]));
    }
    found ^= (found ^ i) & (0 - IsZero(difference));
  }
  if (found == kNone) return std::nullopt;
  return found;
}

}  // namespace viaduct::filter
