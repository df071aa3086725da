#pragma once

#include <string_view>

namespace viaduct::sidecar {

// Returns the path of a request target in origin-form, without the query.
std::string_view TargetPath(std::string_view target);

// Returns true if an application may take `path` for a different one: if it has a dot segment (RFC 3986 section 5.2.4;
// also encoded or followed by parameters), an empty segment, a backslash, an encoded slash, backslash or control
// character, a malformed escape or one that unescapes to another escape, or an overlong UTF-8 form. The only other ways
// in which a path can be read differently are those in PrefixMatch.
bool IsAmbiguousPath(std::string_view path);

// The result of matching a prefix with a path. Whole segments match: "/chat" matches "/chat" and "/chat/x" but not
// "/chatter". A prefix that ends with "/" matches everything below it.
struct PrefixMatch {
  bool exact = false;  // byte for byte
  // True if the prefix matches as a lenient application may read the path: ignoring case and parameters (";x=1"), with
  // escapes resolved and an encoded "?" or "#" taken for the real one. Always true if `exact` is.
  bool lenient = false;
};

// Matches `prefix`, for which IsPlainPrefix must hold, with `path`, which must not be ambiguous.
PrefixMatch MatchPrefix(std::string_view path, std::string_view prefix);

// Returns true if `prefix` may be configured: it begins with "/", is not ambiguous, and has only characters that every
// application reads literally.
bool IsPlainPrefix(std::string_view prefix);

}  // namespace viaduct::sidecar
