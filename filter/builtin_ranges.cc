#include "filter/builtin_ranges.h"

#include <string_view>

#include "absl/base/macros.h"
#include "absl/status/statusor.h"

namespace viaduct::filter {
namespace {

constexpr std::string_view kJson =
#include "filter/builtin_ranges.inc"
    ;

}  // namespace

const IpRanges& BuiltinRanges() {
  // Never destroyed, so that it can be used while the program ends.
  static const absl::StatusOr<IpRanges>& parsed = *new absl::StatusOr<IpRanges>(ParseIpRangesJson(kJson));
  // The text is part of the program, and a test reads it.
  ABSL_HARDENING_ASSERT(parsed.ok());
  return *parsed;
}

}  // namespace viaduct::filter
