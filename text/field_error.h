#pragma once

#include <string_view>

#include "absl/status/status.h"

namespace viaduct::text {

// The errors of text/error.h as abseil's.

// As ValueError.
absl::Status InvalidValue(std::string_view value, std::string_view rule);

// As FieldError.
absl::Status InvalidField(std::string_view path, std::string_view rule);

// As ErrorAt; keeps the code of `error`.
absl::Status AtField(std::string_view path, const absl::Status& error);

}  // namespace viaduct::text
