#pragma once

#include <span>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace viaduct::ctl {

// The collection of api/admin/v1's resource names: a connection is "connections/{id}".
inline constexpr std::string_view kConnectionsPrefix = "connections/";

// A connection as an operator names it: by its whole id, or by the beginning of it. A value.
struct ConnectionId {
  // Lower-case hexadecimal digits and dashes, without "connections/".
  std::string text;
  // Whether it is a whole UUID; otherwise it has yet to be looked up.
  bool whole = false;
};

// Reads "UUID", "connections/UUID", or at least the first four characters of a UUID, in either letter case.
absl::StatusOr<ConnectionId> ParseConnectionId(std::string_view text);

// The one of `names` ("connections/{id}" each) whose id begins with `prefix`. NOT_FOUND if none does; INVALID_ARGUMENT,
// listing some of them, if several do.
absl::StatusOr<std::string> MatchConnection(std::string_view prefix, std::span<const std::string> names);

// A connection's name without "connections/".
std::string_view IdOf(std::string_view name);

}  // namespace viaduct::ctl
