#include "text/field_error.h"

#include <string>

#include "text/error.h"
#include "text/status.h"

namespace viaduct::text {

absl::Status InvalidValue(std::string_view value, std::string_view rule) { return ToStatus(ValueError(value, rule)); }

absl::Status InvalidField(std::string_view path, std::string_view rule) { return ToStatus(FieldError(path, rule)); }

absl::Status AtField(std::string_view path, const absl::Status& error) {
  return absl::Status(error.code(), ErrorAt(path, Error{std::string(error.message())}).message);
}

}  // namespace viaduct::text
