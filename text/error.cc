#include "text/error.h"

#include "text/concat.h"
#include "text/escape.h"
#include "text/redaction.h"

namespace viaduct::text {

Error ValueError(std::string_view value, std::string_view rule) {
  return Error{Concat("\"", EscapeText(RedactUrl(value)), "\": ", rule)};
}

Error FieldError(std::string_view path, std::string_view rule) { return Error{Concat(path, ": ", rule)}; }

Error ErrorAt(std::string_view path, const Error& error) {
  const bool indexed = error.message.starts_with('[');
  return Error{Concat(path, indexed ? "" : ": ", error.message), error.code};
}

}  // namespace viaduct::text
