// Any text is either a list that is not empty, or an error that begins with its place.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "filter/ip_ranges_json.h"
#include "tests/fuzz/require.h"
#include "text/result.h"

namespace viaduct::filter {

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const text::Result<IpRanges> ranges = ParseIpRangesJson({reinterpret_cast<const char*>(data), size});
  if (ranges.ok()) {
    Require(!ranges->prefixes.empty(), "a list has prefixes");
    Require(!ranges->sync_token.empty() && ranges->create_date.size() == 19, "a list has token and date");
  } else {
    const std::string_view message = ranges.error().message;
    Require(message.starts_with("line "), "an error names its place");
  }
  return 0;
}

}  // namespace viaduct::filter
