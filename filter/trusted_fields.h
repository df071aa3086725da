#pragma once

#include <string_view>

namespace viaduct::filter {

// The field that tells the upstream the viewer's address, if the filter could verify it. The same field, or an alias of
// it, from the viewer is dropped.
inline constexpr std::string_view kViewerAddressField = "x-viaduct-viewer-address";

// The fields that decisions rest on, here or at the upstream: Via, Host, Origin, X-Forwarded-*, X-Amz-Cf-*,
// X-Viaduct-*, the WebSocket handshake's fields and those that frame a body. A peer must not be able to hide one of
// them, nor to get a second one past our checks.

// Returns true if `name` is the name of such a field, or an alias of one.
bool IsTrustedField(std::string_view name);

// Returns true if a Connection value names such a field, or `secret` (a name in lower case, or empty), so that the next
// hop would remove it (RFC 9110 section 7.6.1). Stricter than the grammar: everything that could be read as such a name
// counts, even inside quotes.
bool NamesTrustedField(std::string_view connection, std::string_view secret);

// Returns true if `name` is not the name of such a field but becomes one when every character other than letters and
// digits is read as the same separator. Gateways that pass fields in environment variables do this.
bool IsTrustedFieldAlias(std::string_view name);

// Returns true if `name` is `field`, given in lower case, or an alias of it in the same sense.
bool IsFieldOrAlias(std::string_view name, std::string_view field);

}  // namespace viaduct::filter
