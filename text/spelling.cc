#include "text/spelling.h"

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

#include "text/ascii.h"

namespace viaduct::text {
namespace {

// Longer texts are not misspelt names, and the distance takes quadratic time.
constexpr std::size_t kMaxLength = 64;

std::string Folded(std::string_view name) {
  std::string folded;
  for (const char c : name) {
    if (c != '_' && c != '-') folded.push_back(ToLower(c));
  }
  return folded;
}

// Returns the least number of edits that turn `a` into `b` without editing any letter twice.
std::size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> distance(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) {
    for (std::size_t j = 0; j <= b.size(); ++j) {
      if (i == 0 || j == 0) {
        distance[i][j] = i + j;
        continue;
      }
      const std::size_t replaced = distance[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      distance[i][j] = std::min({replaced, distance[i - 1][j] + 1, distance[i][j - 1] + 1});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) distance[i][j] = std::min(distance[i][j], distance[i - 2][j - 2] + 1);
    }
  }
  return distance[a.size()][b.size()];
}

}  // namespace

std::string_view ClosestName(std::string_view written, std::span<const std::string_view> names) {
  if (written.size() > kMaxLength) return {};
  const std::string folded = Folded(written);
  std::size_t best_distance = folded.size() / 3 + 1;
  std::string_view best;
  for (const std::string_view name : names) {
    const std::size_t distance = EditDistance(folded, Folded(name));
    if (distance < best_distance) {
      best_distance = distance;
      best = name;
    }
  }
  return best;
}

}  // namespace viaduct::text
