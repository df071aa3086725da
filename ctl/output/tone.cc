#include "ctl/output/tone.h"

#include <algorithm>
#include <array>

namespace viaduct::ctl {
namespace {

constexpr std::array<std::string_view, 2> kBadWords = {"denied", "wrong"};
constexpr std::array<std::string_view, 4> kWarningWords = {"advice", "drained", "draining", "would_deny"};

bool BeginsWithErrorStatus(std::string_view text) {
  return text.size() > 3 && (text[0] == '4' || text[0] == '5') && text[3] == ' ' &&
         std::all_of(text.begin(), text.begin() + 3, [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

Tone ToneOf(std::string_view text) {
  const auto is_one_of = [text](const auto& words) {
    return std::find(words.begin(), words.end(), text) != words.end();
  };
  if (is_one_of(kBadWords) || BeginsWithErrorStatus(text)) return Tone::kBad;
  return is_one_of(kWarningWords) ? Tone::kWarning : Tone::kPlain;
}

std::string Colored(std::string text, Tone tone) {
  if (tone == Tone::kPlain) return text;
  // ECMA-48: SGR 31 is red, 33 is yellow, 0 resets.
  return (tone == Tone::kBad ? "\x1b[31m" : "\x1b[33m") + std::move(text) + "\x1b[0m";
}

}  // namespace viaduct::ctl
