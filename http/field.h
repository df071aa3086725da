#pragma once

#include <cstddef>
#include <string_view>

#include "http/field_name.h"

namespace viaduct::http {

// One field line of a message head (RFC 9110 section 5), as it was received.
//
// A value. Both views point into the bytes that the head was parsed from and live as long as they do. The name keeps
// the sender's letter case; the value has no leading or trailing whitespace.
struct Field {
  Field() = default;
  Field(std::string_view field_name, std::string_view field_value)
      : name(field_name), value(field_value), known(FieldNameOf(field_name)) {}

  std::string_view name;
  std::string_view value;
  FieldName known = FieldName::kOther;
};

// Returns how many bytes at the front of `text` may stand in a token (RFC 9110 section 5.6.2).
std::size_t TokenLength(std::string_view text);

// Returns true if `text` is a non-empty token (RFC 9110 section 5.6.2).
bool IsToken(std::string_view text);

// Returns how many bytes at the front of `text` may stand in a field's value (RFC 9110 section 5.5, with obs-text): all
// bytes except control characters other than the tab.
std::size_t FieldValueLength(std::string_view text);

// Returns true if `text` may be the value of a field.
bool IsFieldValue(std::string_view text);

// Returns `text` without the spaces and tabs around it (OWS of RFC 9110 section 5.6.3).
inline std::string_view TrimWhitespace(std::string_view text) {
  const auto is_space = [](char c) { return c == ' ' || c == '\t'; };
  const char* begin = text.data();
  const char* end = begin + text.size();
  while (begin < end && is_space(*begin)) ++begin;
  while (begin < end && is_space(end[-1])) --end;
  return {begin, static_cast<std::size_t>(end - begin)};
}

// Takes the next member off the front of a comma-separated list (RFC 9110 section 5.6.1) and trims it. Commas inside
// quoted strings do not separate. Skips empty members. Returns false and leaves `member` unchanged when none is left.
bool NextListMember(std::string_view& rest, std::string_view& member);

// Returns true if the comma-separated `list` has `token` as a member, in any letter case.
bool ListHasToken(std::string_view list, std::string_view token);

}  // namespace viaduct::http
