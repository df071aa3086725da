#pragma once

#include <string_view>

namespace viaduct::sidecar {

// The path of a request target in origin-form: what stands before the query.
std::string_view TargetPath(std::string_view target);

// Whether an application may take `path` for another one, whatever it is: a dot segment (RFC 3986 section 5.2.4, also
// encoded, also with parameters behind it), an empty segment, a backslash, an encoded slash, backslash or control
// character, an escape that is none or that unescapes to one, an overlong UTF-8 form. A path without any of these can
// still be read in two ways, but only as PrefixMatch tells.
bool IsAmbiguousPath(std::string_view path);

// How a prefix fits a path: on segments, so that "/chat" fits "/chat" and "/chat/x" but not "/chatter". A prefix that
// ends with "/" fits what is below it.
struct PrefixMatch {
  bool exact = false;  // byte for byte
  // As a lenient application may read the path: letters of either case, escapes resolved, parameters (";x=1") left
  // out, an encoded "?" or "#" for the real one. True whenever `exact` is.
  bool lenient = false;
};

// `path` must not be ambiguous; `prefix` must be one that IsPlainPrefix.
PrefixMatch MatchPrefix(std::string_view path, std::string_view prefix);

// Whether `prefix` can be configured: begins with "/" and has only characters that every application reads as they are.
bool IsPlainPrefix(std::string_view prefix);

}  // namespace viaduct::sidecar
