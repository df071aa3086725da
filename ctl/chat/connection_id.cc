#include "ctl/chat/connection_id.h"

#include <algorithm>
#include <cstddef>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "ctl/output/text.h"

namespace viaduct::ctl {
namespace {

constexpr std::size_t kUuidSize = 36;
constexpr std::size_t kMinPrefixSize = 4;
constexpr std::size_t kMaxCandidatesShown = 5;

bool IsUuidCharacter(char c, std::size_t position) {
  const bool dash = position == 8 || position == 13 || position == 18 || position == 23;
  return dash ? c == '-' : absl::ascii_isxdigit(static_cast<unsigned char>(c));
}

}  // namespace

absl::StatusOr<ConnectionId> ParseConnectionId(std::string_view text) {
  const auto rejected = [text](const char* rule) {
    return absl::InvalidArgumentError(absl::StrCat("connection \"", Escape(text), "\": ", rule));
  };
  const std::string_view given = IdOf(text);
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
  std::vector<std::string> matches;
  for (const std::string& name : names) {
    if (IdOf(name).starts_with(prefix)) matches.push_back(name);
  }
  if (matches.size() == 1) return matches.front();
  if (matches.empty()) {
    return absl::NotFoundError(absl::StrCat("no open connection has an ID that begins with ", std::string(prefix)));
  }
  const std::size_t shown = std::min(matches.size(), kMaxCandidatesShown);
  std::vector<std::string> candidates;
  for (std::size_t i = 0; i < shown; ++i) candidates.push_back(Escape(IdOf(matches[i])));
  return absl::InvalidArgumentError(absl::StrCat(std::string(prefix), " matches ", matches.size(),
                                                 " connections: ", absl::StrJoin(candidates, ", "),
                                                 shown < matches.size() ? ", ..." : ""));
}

std::string_view IdOf(std::string_view name) {
  if (name.starts_with(kConnectionsPrefix)) name.remove_prefix(kConnectionsPrefix.size());
  return name;
}

}  // namespace viaduct::ctl
