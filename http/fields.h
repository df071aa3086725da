#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "http/field.h"

namespace viaduct::http {

// The field lines of one head, in wire order, with the places of those that our decisions rest on: looking one up takes
// the same time however many lines there are.
//
// A view of the lines, which live elsewhere and must outlive it.
class Fields {
 public:
  Fields() = default;
  // Not explicit: it is the same list.
  // NOLINTNEXTLINE(google-explicit-constructor)
  Fields(std::span<const Field> lines) { Assign(lines); }

  // Replaces the list.
  void Assign(std::span<const Field> lines) {
    lines_ = lines;
    places_ = {};
    repeated_ = 0;
    for (std::size_t i = 0; i < lines.size(); ++i) Note(lines[i].known, i);
  }

  // Returns the value of the only field with this name; nullopt if there is none or more than one. `name` is not
  // kOther.
  std::optional<std::string_view> Single(FieldName name) const {
    if ((repeated_ & BitOf(name)) != 0 || !Has(name)) return std::nullopt;
    return First(name);
  }
  // Returns the value of the first field with this name, or "". `name` is not kOther.
  std::string_view First(FieldName name) const {
    const std::size_t place = places_[static_cast<std::size_t>(name)];
    return place == 0 ? std::string_view() : lines_[place - 1].value;
  }
  // Returns true if there is a field with this name, which is not kOther.
  bool Has(FieldName name) const { return places_[static_cast<std::size_t>(name)] != 0; }

  // NOLINTNEXTLINE(google-explicit-constructor)
  operator std::span<const Field>() const { return lines_; }
  auto begin() const { return lines_.begin(); }
  auto end() const { return lines_.end(); }
  std::size_t size() const { return lines_.size(); }
  bool empty() const { return lines_.empty(); }
  const Field& operator[](std::size_t index) const { return lines_[index]; }

 private:
  using Place = std::uint32_t;

  static constexpr std::uint32_t BitOf(FieldName name) { return std::uint32_t{1} << static_cast<unsigned>(name); }
  static_assert(kFieldNames <= 32, "each name has a bit");

  void Note(FieldName name, std::size_t index) {
    Place& place = places_[static_cast<std::size_t>(name)];
    if (place == 0) {
      place = static_cast<Place>(index + 1);
    } else {
      repeated_ |= BitOf(name);
    }
  }

  std::span<const Field> lines_;
  std::array<Place, kFieldNames> places_ = {};  // of the first line of each name, counted from 1; 0 if there is none
  std::uint32_t repeated_ = 0;                  // a bit for each name of two lines or more
};

}  // namespace viaduct::http
