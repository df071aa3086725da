#pragma once

#include <google/protobuf/duration.pb.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "net/address.h"

namespace viaduct::ops {

// Reads the fields of a config one after the other and remembers the first that is wrong, so that the code which reads
// them stays a plain list. Whatever it returns after a failure only lets that list go on.
//
// `path` is the field's path from the config's root, by which ops/config/config_file.h finds its line and column. Each
// method also writes the value in force into the message, so that --check can print it.
class FieldChecker {
 public:
  using Duration = std::chrono::milliseconds;

  // OK, or "path: rule" of the first failure.
  const absl::Status& status() const { return status_; }
  void Fail(std::string_view path, std::string_view rule);
  // The same for an error that begins with its path.
  void Fail(const absl::Status& error) { status_.Update(error); }

  // `fallback` if `text` is empty; without a fallback the field is required.
  net::SocketAddress Address(std::string_view path, std::string* text, std::string_view fallback);
  // A duration above zero; `fallback` if it is not `present`.
  Duration Positive(std::string_view path, bool present, google::protobuf::Duration* field, Duration fallback);
  // The same, but 0s means "off".
  std::optional<Duration> OrOff(std::string_view path, bool present, google::protobuf::Duration* field,
                                Duration fallback);
  // A number from `least` to `most`; `fallback` if it is 0.
  std::uint32_t Number(std::string_view path, std::uint32_t value, std::uint32_t fallback, std::uint32_t least,
                       std::uint32_t most);

 private:
  absl::Status status_;
};

}  // namespace viaduct::ops
