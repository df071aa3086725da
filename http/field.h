#pragma once

#include <cstddef>
#include <string_view>

#include "http/field_name.h"

namespace viaduct::http {

// One field line of a message head (RFC 9110 section 5), as it was received.
//
// A value; both views point into the bytes the head was parsed from and live as long as those. The name keeps the
// sender's letter case; the value has no leading or trailing whitespace.
struct Field {
  Field() = default;
  Field(std::string_view field_name, std::string_view field_value)
      : name(field_name), value(field_value), known(FieldNameOf(field_name)) {}

  std::string_view name;
  std::string_view value;
  FieldName known = FieldName::kOther;
};

// Whether two ASCII strings are equal but for letter case, as field names, schemes, hosts and many tokens are compared.
bool EqualsIgnoreCase(std::string_view a, std::string_view b);

// How many bytes at the front of `text` may stand in a token (RFC 9110 section 5.6.2).
std::size_t TokenLength(std::string_view text);

// Whether `text` is a non-empty token of RFC 9110 section 5.6.2.
bool IsToken(std::string_view text);

// How many bytes at the front of `text` may stand in a field's value (RFC 9110 section 5.5, with obs-text): all but the
// control characters other than the tab.
std::size_t FieldValueLength(std::string_view text);

// Whether `text` may be the value of a field.
bool IsFieldValue(std::string_view text);

// `text` without spaces and tabs around it (OWS of RFC 9110 section 5.6.3).
inline std::string_view TrimWhitespace(std::string_view text) {
  const auto is_space = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

// Takes the next member off the front of a comma-separated list (RFC 9110 section 5.6.1), trimmed; commas inside
// quoted strings do not separate. Empty members are skipped. Returns false, leaving `member` alone, when none is left.
bool NextListMember(std::string_view& rest, std::string_view& member);

// Whether the comma-separated `list` has `token` as a member, compared without letter case.
bool ListHasToken(std::string_view list, std::string_view token);

}  // namespace viaduct::http
