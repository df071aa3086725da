#pragma once

#include <map>
#include <optional>
#include <string>

namespace viaduct::origin {

// The position of a list over all tasks on each of them: the number of the last connection listed, or kListDone. A task
// that is missing has no connection listed yet.
using ListPositions = std::map<std::string, std::string>;

inline constexpr char kListDone[] = "-";

// Encodes positions as a page token, and decodes them; nullopt if `token` is none.
std::string MakeListToken(const ListPositions& positions);
std::optional<ListPositions> ReadListToken(const std::string& token);

}  // namespace viaduct::origin
