#pragma once

#include <span>
#include <string_view>

#include "http/field.h"

namespace viaduct::filter {

// The part of a request that the filter sees: its head. Its views point into the host's own parsed head, and are valid
// as long as that is.
struct RequestView {
  std::string_view method;
  std::string_view target;
  // The field lines in wire order, with names as received and without trailers.
  std::span<const http::Field> fields;
  // True if the host will open a tunnel for this request when it is allowed.
  bool is_upgrade = false;
};

}  // namespace viaduct::filter
