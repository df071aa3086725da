#pragma once

#include <span>
#include <string_view>

#include "http/field.h"

namespace viaduct::filter {

// What the filter sees of a request: its head. Views into the host's own parse of it, valid as long as that is.
struct RequestView {
  std::string_view method;
  std::string_view target;
  // The field lines in wire order, names as received, trailers not among them.
  std::span<const http::Field> fields;
  // Whether the host will open a tunnel for this request if it is allowed.
  bool is_upgrade = false;
};

}  // namespace viaduct::filter
