#include "text/field_error.h"

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "text/redaction.h"
#include "text/string_view.h"

namespace viaduct::text {
absl::Status InvalidValue(std::string_view value, std::string_view rule) {
  return absl::InvalidArgumentError(absl::StrCat("\"", absl::Utf8SafeCEscape(RedactUrl(value)), "\": ", ToAbsl(rule)));
}

absl::Status InvalidField(std::string_view path, std::string_view rule) {
  return absl::InvalidArgumentError(absl::StrCat(ToAbsl(path), ": ", ToAbsl(rule)));
}

absl::Status AtField(std::string_view path, const absl::Status& error) {
  const absl::string_view message = error.message();
  const bool indexed = !message.empty() && message.front() == '[';
  return absl::Status(error.code(), absl::StrCat(ToAbsl(path), indexed ? "" : ": ", message));
}

}  // namespace viaduct::text
