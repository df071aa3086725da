#pragma once

#include <span>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace viaduct::ctl {

// The collection in the resource names of api/admin/v1: a connection is "connections/{id}".
inline constexpr std::string_view kConnectionsPrefix = "connections/";

// A connection as an operator names it: by its whole ID, or by the beginning of it. A value.
struct ConnectionId {
  // Lower-case hexadecimal digits and dashes, without "connections/".
  std::string text;
  // True for a whole UUID; the beginning of one must be looked up.
  bool whole = false;
};

// Reads "UUID", "connections/UUID", or at least the first four characters of a UUID, in either letter case.
absl::StatusOr<ConnectionId> ParseConnectionId(std::string_view text);

// Returns the one of `names`, each "connections/{id}", whose ID begins with `prefix`. NOT_FOUND if none does;
// INVALID_ARGUMENT, which lists some of them, if several do.
absl::StatusOr<std::string> MatchConnection(std::string_view prefix, std::span<const std::string> names);

// Returns the name of a connection without "connections/".
std::string_view IdOf(std::string_view name);

}  // namespace viaduct::ctl
