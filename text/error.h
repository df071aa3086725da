#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace viaduct::text {

// Why input was refused, in words. Like absl::Status, but it needs only std: a shared object that another program
// loads, such as Envoy's module, cannot link Debian's abseil. text/status.h converts it. A value.
struct Error {
  enum class Code : std::uint8_t {
    // The input breaks a rule.
    kInvalid,
    // What was asked for is not in the input.
    kNotFound,
  };

  std::string message;
  Code code = Code::kInvalid;

  friend bool operator==(const Error&, const Error&) = default;
};

// The error of a setting names its place: the message begins with a field path and ": ". The path consists of the
// proto's field names, dots and [index], relative to the message that was read, so that a config loader can prepend its
// own prefix, file, line and column:
//
//   trusted_peers[2]: "10.0.0.0/33": prefix length exceeds 32

// Returns the error of a value, without a path: the quoted and escaped `value`, of a URL without secrets
// (text/redaction.h), and the rule that it breaks.
Error ValueError(std::string_view value, std::string_view rule);

// Returns the error of the field at `path`, for a rule that needs no value: "path: rule".
Error FieldError(std::string_view path, std::string_view rule);

// Returns `error` with `path` in front: as "path: message", or as "path[2]: message" when the message begins with an
// index.
Error ErrorAt(std::string_view path, const Error& error);

}  // namespace viaduct::text
