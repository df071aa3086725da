#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "origin/message/uuid.h"

namespace viaduct::origin {

inline constexpr std::size_t kMaxPersonNameBytes = 128;
// Rooms with more people do not tell who is there, so that a room that many enter costs little.
inline constexpr std::size_t kMaxPeopleTold = 64;

// A connection whose client gave a name. Names are whatever clients say: two connections may have the same. A value.
struct Person {
  Uuid id;
  std::string name;
  bool operator==(const Person&) const = default;
};
using People = std::vector<Person>;

// Returns true if `name` may be shown beside others: 1 to 128 bytes of UTF-8 without controls, private characters,
// characters without width, and those that change the direction of writing; no space at its ends.
bool IsPersonName(std::string_view name);

// Appends [{"id":"…","name":"…"},…].
void AppendPeopleJson(std::string* out, std::span<const Person> people);

}  // namespace viaduct::origin
