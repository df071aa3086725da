#include "filter/builtin_ranges.h"

#include <string_view>

#include "text/result.h"

namespace viaduct::filter {
namespace {

constexpr std::string_view kJson =
#include "filter/builtin_ranges.inc"
    ;

}  // namespace

const IpRanges& BuiltinRanges() {
  // Never destroyed, so that it can be used while the program ends.
  static const text::Result<IpRanges>& parsed = *new text::Result<IpRanges>(ParseIpRangesJson(kJson));
  // The text is part of the program, and a test reads it.
  return *parsed;
}

}  // namespace viaduct::filter
