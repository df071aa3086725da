#include "ctl/chat/connection_id.h"

#include <cstddef>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "ctl/options/id_prefix.h"
#include "ctl/output/text.h"

namespace viaduct::ctl {
namespace {

constexpr std::size_t kUuidSize = 36;
constexpr std::size_t kMinPrefixSize = 4;

bool IsUuidCharacter(char c, std::size_t position) {
  const bool dash = position == 8 || position == 13 || position == 18 || position == 23;
  return dash ? c == '-' : absl::ascii_isxdigit(static_cast<unsigned char>(c));
}

}  // namespace

absl::StatusOr<ConnectionId> ParseConnectionId(std::string_view text) {
  const auto rejected = [text](const char* rule) {
    return absl::InvalidArgumentError(absl::StrCat("connection \"", Escape(text), "\": ", rule));
  };
  const std::string_view given = WithoutEllipsis(IdOf(text));
  std::string id;
  for (std::size_t i = 0; i < given.size(); ++i) {
    if (i >= kUuidSize || !IsUuidCharacter(given[i], i)) {
      return rejected("expected a UUID as shown by 'viaductctl connections list', or the beginning of one");
    }
    id.push_back(absl::ascii_tolower(static_cast<unsigned char>(given[i])));
  }
  if (id.size() < kMinPrefixSize) return rejected("give at least the first 4 characters of the ID");
  const bool whole = id.size() == kUuidSize;
  return ConnectionId{.text = std::move(id), .whole = whole};
}

absl::StatusOr<std::string> MatchConnection(std::string_view prefix, std::span<const std::string> names) {
  std::vector<std::string> ids;
  for (const std::string& name : names) ids.emplace_back(IdOf(name));
  absl::StatusOr<std::string> id = MatchId("connection", prefix, ids);
  if (!id.ok()) return id;
  return absl::StrCat(std::string(kConnectionsPrefix), *id);
}

std::string_view IdOf(std::string_view name) {
  if (name.starts_with(kConnectionsPrefix)) name.remove_prefix(kConnectionsPrefix.size());
  return name;
}

}  // namespace viaduct::ctl
