#include "origin/admin/admin_list_token.h"

#include <algorithm>
#include <cstddef>
#include <string_view>

#include "ops/admin/admin_call.h"

namespace viaduct::origin {
namespace {

constexpr std::string_view kPrefix = "tasks:";

}  // namespace

std::string MakeListToken(const ListPositions& positions) {
  std::string text(kPrefix);
  for (const auto& [task, position] : positions) {
    if (text.size() > kPrefix.size()) text += ',';
    text.append(task).append("=").append(position);
  }
  return ops::MakePageToken(text);
}

std::optional<ListPositions> ReadListToken(const std::string& token) {
  ListPositions positions;
  if (token.empty()) return positions;
  const std::optional<std::string> text = ops::ReadPageToken(token);
  if (!text.has_value() || text->rfind(kPrefix, 0) != 0) return std::nullopt;
  std::string_view rest = std::string_view(*text).substr(kPrefix.size());
  while (!rest.empty()) {
    const std::string_view part = rest.substr(0, rest.find(','));
    rest.remove_prefix(std::min(part.size() + 1, rest.size()));
    const std::size_t equals = part.find('=');
    if (equals == std::string_view::npos) return std::nullopt;
    const std::string_view position = part.substr(equals + 1);
    const bool digits =
        !position.empty() && std::all_of(position.begin(), position.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (!digits && position != kListDone) return std::nullopt;
    positions[std::string(part.substr(0, equals))] = std::string(position);
  }
  return positions;
}

}  // namespace viaduct::origin
