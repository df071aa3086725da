#include "ops/config/log_config.h"

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "text/field_error.h"

namespace viaduct::ops {
namespace {

constexpr std::size_t kMaxName = 64;

bool IsName(std::string_view name) {
  return !name.empty() && name.size() <= kMaxName && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
           c == '~' || c == '-';
  });
}

}  // namespace

absl::StatusOr<text::QueryRedaction> ReadLogConfig(const config::v1::Log& proto) {
  std::vector<std::string> names;
  for (const std::string& name : proto.shown_query_parameters()) {
    if (!IsName(name)) {
      return text::AtField(absl::StrCat("log.shown_query_parameters[", names.size(), "]"),
                           text::InvalidValue(name, "must be 1 to 64 of letters, digits and \"._~-\""));
    }
    names.push_back(name);
  }
  return text::QueryRedaction(std::move(names));
}

}  // namespace viaduct::ops
