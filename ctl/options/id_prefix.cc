#include "ctl/options/id_prefix.h"

#include <algorithm>
#include <cstddef>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "ctl/output/text.h"

namespace viaduct::ctl {
namespace {

constexpr std::size_t kMaxShown = 5;

}  // namespace

std::string_view WithoutEllipsis(std::string_view text) {
  constexpr std::string_view kEllipsis = "…";
  if (text.ends_with(kEllipsis)) text.remove_suffix(kEllipsis.size());
  return text;
}

absl::StatusOr<std::string> MatchId(std::string_view thing, std::string_view prefix, std::span<const std::string> ids) {
  std::vector<std::string> matches;
  for (const std::string& id : ids) {
    if (id == prefix) return id;
    if (id.starts_with(prefix)) matches.push_back(id);
  }
  if (matches.size() == 1) return matches.front();
  const std::string name(thing);
  if (matches.empty()) {
    return absl::NotFoundError(absl::StrCat("no open ", name, " has an ID that begins with ", Escape(prefix)));
  }
  const std::size_t shown = std::min(matches.size(), kMaxShown);
  std::vector<std::string> candidates;
  for (std::size_t i = 0; i < shown; ++i) candidates.push_back(Escape(matches[i]));
  return absl::InvalidArgumentError(absl::StrCat(Escape(prefix), " matches ", matches.size(), " ", name,
                                                 "s: ", absl::StrJoin(candidates, ", "),
                                                 shown < matches.size() ? ", ..." : ""));
}

}  // namespace viaduct::ctl
