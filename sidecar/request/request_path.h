#pragma once

#include <string_view>

namespace viaduct::sidecar {

// The path of a request target in origin-form, without the query.
std::string_view TargetPath(std::string_view target);

// Whether an application may take `path` for a different one. True if it has a dot segment (RFC 3986 section 5.2.4;
// also encoded or with parameters behind it), an empty segment, a backslash, an encoded slash, backslash or control
// character, a malformed escape or one that unescapes to another escape, or an overlong UTF-8 form. A path without
// these can be read in two ways only as PrefixMatch describes.
bool IsAmbiguousPath(std::string_view path);

// How a prefix matches a path. Whole segments match: "/chat" matches "/chat" and "/chat/x" but not "/chatter". A prefix
// that ends with "/" matches everything below it.
struct PrefixMatch {
  bool exact = false;  // byte for byte
  // As a lenient application may read the path: ignoring case and parameters (";x=1"), with escapes resolved and an
  // encoded "?" or "#" taken for the real one. True whenever `exact` is.
  bool lenient = false;
};

// `path` must not be ambiguous; `prefix` must be one that IsPlainPrefix.
PrefixMatch MatchPrefix(std::string_view path, std::string_view prefix);

// Whether `prefix` may be configured: it begins with "/" and has only characters that every application reads
// literally.
bool IsPlainPrefix(std::string_view prefix);

}  // namespace viaduct::sidecar
