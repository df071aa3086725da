#pragma once

#include <string_view>

namespace viaduct::filter {

// The fields that decisions rest on, here or at the origin: Via, Host, Origin, X-Forwarded-*, X-Amz-Cf-*, X-Viaduct-*,
// the WebSocket handshake's and those that frame a body. A peer must not be able to hide one of them, nor to bring a
// second one past our checks.

// Whether `name` is the name of such a field, or an alias of one.
bool IsTrustedField(std::string_view name);

// Whether a Connection value names such a field, or `secret` (a name in lower case, or empty), which the next hop would
// then remove (RFC 9110 section 7.6.1). Stricter than the grammar: whatever could be read as the name of one counts,
// also inside quotes.
bool NamesTrustedField(std::string_view connection, std::string_view secret);

// Whether `name` is not the name of such a field but becomes one once every character other than letters and digits is
// taken for the same separator, as gateways do that pass fields in environment variables.
bool IsTrustedFieldAlias(std::string_view name);

// Whether `name` is `field`, given in lower case, or an alias of it in the same sense.
bool IsFieldOrAlias(std::string_view name, std::string_view field);

}  // namespace viaduct::filter
