#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

namespace viaduct::text {

// An enumerator and its name.
template <typename E>
struct NamedValue {
  E value;
  std::string_view name;
};

// Returns true if `kValue` is an enumerator of its type. Clang and GCC print a value without one as a cast, "(Enum)7".
template <auto kValue>
consteval bool IsEnumerator() {
  return std::string_view(__PRETTY_FUNCTION__).find("kValue = (") == std::string_view::npos;
}

// Returns true if `entries` name every enumerator of E once, in order and from 0, each with a different name.
template <typename E, std::size_t kSize>
consteval bool NamesEveryEnumerator(const NamedValue<E> (&entries)[kSize]) {
  for (std::size_t i = 0; i < kSize; ++i) {
    if (entries[i].value != static_cast<E>(i) || entries[i].name.empty()) return false;
    for (std::size_t j = 0; j < i; ++j) {
      if (entries[j].name == entries[i].name) return false;
    }
  }
  return !IsEnumerator<static_cast<E>(kSize)>();
}

// All values of an enum in their order, each with its one name in logs, metrics and docs. Made by ClosedListOf and kept
// beside the enum:
//
//   enum class Color : std::uint8_t { kRed, kGreen };
//   inline constexpr auto kColors = text::ClosedListOf<Color>({
//       {Color::kRed, "red"},
//       {Color::kGreen, "green"},
//   });
//
// Iterating over it gives the values. An immutable value; the names live for ever.
template <typename E, std::size_t kSize>
class ClosedList {
 public:
  explicit consteval ClosedList(const NamedValue<E> (&entries)[kSize]) {
    for (std::size_t i = 0; i < kSize; ++i) {
      values_[i] = entries[i].value;
      names_[i] = entries[i].name;
    }
  }

  static constexpr std::size_t size() { return kSize; }
  constexpr const E* begin() const { return values_.data(); }
  constexpr const E* end() const { return values_.data() + kSize; }

  // Returns the value's index in the list, and in an array with an element for each value.
  static constexpr std::size_t Index(E value) { return static_cast<std::size_t>(value); }

  constexpr std::string_view Name(E value) const { return names_[Index(value)]; }

  // Returns the value with this name, or nullopt.
  constexpr std::optional<E> Parse(std::string_view name) const {
    for (const E value : values_) {
      if (Name(value) == name) return value;
    }
    return std::nullopt;
  }

 private:
  std::array<E, kSize> values_{};
  std::array<std::string_view, kSize> names_{};
};

// Not constexpr, so that a list that calls it does not compile, with an error that says why.
void EnumeratorIsMissingRepeatedOrMisplaced();

// Makes the closed list of E. Does not compile unless NamesEveryEnumerator is true for `entries`.
template <typename E, std::size_t kSize>
consteval ClosedList<E, kSize> ClosedListOf(const NamedValue<E> (&entries)[kSize]) {
  if (!NamesEveryEnumerator(entries)) EnumeratorIsMissingRepeatedOrMisplaced();
  return ClosedList<E, kSize>(entries);
}

}  // namespace viaduct::text
