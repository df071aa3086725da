#pragma once

#include <map>
#include <optional>
#include <string>

namespace viaduct::origin {

// Where a list over all tasks stands on each of them: the number of the last connection that was told, or kListDone. A
// task that is not there has told none.
using ListPositions = std::map<std::string, std::string>;

inline constexpr char kListDone[] = "-";

// As a page's token, and back: nullopt for what is none.
std::string MakeListToken(const ListPositions& positions);
std::optional<ListPositions> ReadListToken(const std::string& token);

}  // namespace viaduct::origin
