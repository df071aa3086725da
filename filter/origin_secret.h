#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace viaduct::filter {

// One value of the secret that a distribution sends, and how people speak of it: logs, metrics and errors say the name
// and never the value.
struct NamedSecret {
  std::string name;
  std::string value;
};

// What stands around a value where it is kept.
enum class SecretFormat : std::uint8_t {
  // Nothing but one line end behind it.
  kText,
  // The JSON object of AWS's rotation function for CloudFront: {"HEADERVALUE": "..."}, other members ignored.
  kSecretsManagerJson,
};

// The value in a source's text. Errors are a rule alone, without path, and repeat nothing of the text.
absl::StatusOr<std::string> ParseSecretText(std::string_view text, SecretFormat format);

// The header that tells our distribution from others, and the values it may have now: two or more during a rotation.
//
// Immutable; all methods may be called from any thread.
class OriginSecret {
 public:
  // Of the header when its name is left open.
  static constexpr std::string_view kDefaultHeader = "x-origin-verify";
  // Short ones can be guessed; CloudFront sends no longer ones.
  static constexpr std::size_t kMinSize = 16;
  static constexpr std::size_t kMaxSize = 1783;
  static constexpr std::size_t kMaxValues = 8;

  // No secret is asked for.
  OriginSecret() = default;

  // `header` must be a name that CloudFront adds to requests and that no other decision rests on; there must be a
  // value. Two values may be equal, as when a rotation has just begun or ended. Errors begin with "secret.header: " or
  // "secret.sources: ".
  static absl::StatusOr<OriginSecret> Create(std::string_view header, std::span<const NamedSecret> values);

  bool required() const { return !values_.empty(); }
  // In lower case; empty if none is required.
  std::string_view header() const { return header_; }
  // The names of the values.
  std::span<const std::string> generations() const { return generations_; }
  // The name of what Match found; empty for nothing.
  std::string_view NameOf(std::optional<std::size_t> generation) const {
    return generation ? std::string_view(generations_[*generation]) : std::string_view();
  }

  // Which value `presented` is, the first of equal ones. The time this takes depends on the size of `presented` and the
  // number of values, not on the values, their sizes, or how much of them was right.
  std::optional<std::size_t> Match(std::string_view presented) const;

 private:
  // Zeros behind the value, so that comparing may go on there.
  struct PaddedValue {
    std::size_t size = 0;
    std::array<char, kMaxSize> bytes = {};
  };

  std::string header_;
  std::vector<std::string> generations_;
  std::vector<PaddedValue> values_;
};

}  // namespace viaduct::filter
