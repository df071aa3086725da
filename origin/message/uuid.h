#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

namespace viaduct::origin {

// A UUID (RFC 9562), the name of a connection. A value; ordered and compared by its bytes.
class Uuid {
 public:
  static constexpr std::size_t kTextBytes = 36;

  Uuid() = default;
  explicit Uuid(std::array<std::uint8_t, 16> bytes) : bytes_(bytes) {}

  // Reads "a83b55ae-92ba-4b01-8c0e-b4079569f24a", lower case only, so that a connection has one spelling.
  static std::optional<Uuid> Parse(std::string_view text);

  // Returns the form that Parse reads, without a NUL.
  std::array<char, kTextBytes> Text() const;

  auto operator<=>(const Uuid&) const = default;
  template <typename H>
  friend H AbslHashValue(H state, const Uuid& id) {
    return H::combine(std::move(state), id.bytes_);
  }

 private:
  std::array<std::uint8_t, 16> bytes_ = {};
};

// Makes random UUIDs (version 4) from the kernel's generator, which it asks once for many.
//
// Not thread-safe: one a thread.
class UuidSource {
 public:
  Uuid Next();

 private:
  static constexpr std::size_t kBuffered = 64;

  std::array<std::array<std::uint8_t, 16>, kBuffered> random_;
  std::size_t left_ = 0;
};

}  // namespace viaduct::origin
