#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace viaduct::sidecar {

// Returns the path of a request target in origin-form, without the query.
std::string_view TargetPath(std::string_view target);

// Returns how else an application may read `path`. These are all the different paths that result from it when the
// following is done in any order and any number of times: dot segments are resolved (RFC 3986 section 5.2.4), slashes
// merged, parameters (";x=1") removed, backslashes taken for slashes, the path cut at a "?", "#" or control character,
// a host after leading slashes removed, overlong forms of UTF-8 taken for the characters that they hide, and escapes
// decoded. Escapes are decoded at most twice, with or without those of slashes and backslashes. Letter case stays.
//
// The result is empty for an ordinary path. It is nullopt if there are more readings than are worth looking at, which
// no honest path has.
std::optional<std::vector<std::string>> OtherReadings(std::string_view path);

enum class LetterCase : std::uint8_t { kCounts, kIgnored };

// Returns true if `prefix` is one of `path`. Whole segments match: "/chat" matches "/chat" and "/chat/x" but not
// "/chatter". A prefix that ends with "/" matches everything below it.
bool MatchesPrefix(std::string_view path, std::string_view prefix, LetterCase letter_case);

// Returns true if `prefix` may be configured: it begins with "/", has no other reading, and has only characters that
// every application reads literally.
bool IsPlainPrefix(std::string_view prefix);

}  // namespace viaduct::sidecar
