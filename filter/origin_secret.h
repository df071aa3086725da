#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "text/result.h"

namespace viaduct::filter {

// One value of the secret that a distribution sends, and its name. Logs, metrics and errors contain the name and never
// the value.
struct NamedSecret {
  std::string name;
  std::string value;
};

// Returns the value that is all of `text` but at most one line end. What begins with "{" or "[" is not one: it would be
// Secrets Manager's form of several values, or part of it; nor is an ARN. An error is only a rule, without a path, and
// repeats nothing of the text.
text::Result<std::string> ParseSecretText(std::string_view text);

// Returns the value in the member `key` of a JSON object; ignores the other members. The code is kNotFound if there is
// no such member. Errors as above.
text::Result<std::string> ParseSecretJson(std::string_view json, std::string_view key);

// The header that tells our distribution from others, and its live values: two or more during a rotation.
//
// Immutable; all methods may be called from any thread.
class OriginSecret {
 public:
  // The JSON member in which AWS's rotation function for CloudFront keeps the value.
  static constexpr std::string_view kDefaultJsonKey = "HEADERVALUE";
  // The header's name if none is configured.
  static constexpr std::string_view kDefaultHeader = "x-origin-verify";
  // Shorter values can be guessed; CloudFront sends no longer ones.
  static constexpr std::size_t kMinSize = 16;
  static constexpr std::size_t kMaxSize = 1783;
  static constexpr std::size_t kMaxValues = 8;

  // Requires no secret.
  OriginSecret() = default;

  // `header` must be a name that CloudFront can add to requests and that no other decision rests on. There must be at
  // least one value. Two values may be equal, as when a rotation has just begun or ended. Errors begin with
  // "secret.header: " or "secret.sources: ".
  static text::Result<OriginSecret> Create(std::string_view header, std::span<const NamedSecret> values);

  bool required() const { return !values_.empty(); }
  // The header's name in lower case; empty if no secret is required.
  std::string_view header() const { return header_; }
  // The names of the values.
  std::span<const std::string> generations() const { return generations_; }
  // Returns the name of the value that Match found; empty if it found none.
  std::string_view NameOf(std::optional<std::size_t> generation) const {
    return generation ? std::string_view(generations_[*generation]) : std::string_view();
  }

  // Returns which value `presented` equals, the first of equal ones. The time this takes depends on the size of
  // `presented` and the number of values, not on the values, their sizes, or how much of them was right.
  std::optional<std::size_t> Match(std::string_view presented) const;

 private:
  // Zeros follow the value, so that a comparison can continue there.
  struct PaddedValue {
    std::size_t size = 0;
    std::array<char, kMaxSize> bytes = {};
  };

  std::string header_;
  std::vector<std::string> generations_;
  std::vector<PaddedValue> values_;
};

}  // namespace viaduct::filter
