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

// True if `kValue` is an enumerator of its type. Clang and GCC print a value without one as a cast, "(Enum)7".
template <auto kValue>
consteval bool IsEnumerator() {
  return std::string_view(__PRETTY_FUNCTION__).find("kValue = (") == std::string_view::npos;
}

// True if `entries` name every enumerator of E once and in its place, the first being 0, each by a name of its own.
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

// All values of an enum in their order, each with the one name that it has in logs, metrics and docs. Made by
// ClosedListOf and kept beside the enum:
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

  // The value's place in the list, and so in an array with an element for each value.
  static constexpr std::size_t Index(E value) { return static_cast<std::size_t>(value); }

  constexpr std::string_view Name(E value) const { return names_[Index(value)]; }

  // The value with this name, or nullopt.
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

// The closed list of E. Does not compile unless NamesEveryEnumerator holds for `entries`.
template <typename E, std::size_t kSize>
consteval ClosedList<E, kSize> ClosedListOf(const NamedValue<E> (&entries)[kSize]) {
  if (!NamesEveryEnumerator(entries)) EnumeratorIsMissingRepeatedOrMisplaced();
  return ClosedList<E, kSize>(entries);
}

}  // namespace viaduct::text
