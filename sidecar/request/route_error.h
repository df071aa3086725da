#pragma once

#include <cstdint>

#include "text/closed_list.h"

namespace viaduct::sidecar {

// The reason why a request has no route.
enum class RouteError : std::uint8_t {
  kNoRoute,        // no prefix matches its path
  kAmbiguousPath,  // the application could read the path as one of a different route
};

inline constexpr auto kRouteErrors = text::ClosedListOf<RouteError>({
    {RouteError::kNoRoute, "no_route"},
    {RouteError::kAmbiguousPath, "ambiguous_path"},
});

}  // namespace viaduct::sidecar
