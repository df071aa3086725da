// Any text is settings, or an error in words that shows nothing of a secret; and any error names no bytes that a log
// could not show.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "filter/envoy_module/settings_reader.h"
#include "tests/filter/envoy_module/fake_sources.h"
#include "tests/fuzz/require.h"

namespace viaduct::filter {

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const FakeSources sources = [] {
    FakeSources made;
    made.files = {{"/s", "correct-horse-battery-staple"}, {"/j", R"({"HEADERVALUE": "correct-horse-battery-staple"})"}};
    made.environment = {{"S", "correct-horse-battery-staple"}};
    return made;
  }();
  const std::string_view json(reinterpret_cast<const char*>(data), size);
  const auto read = ReadSettings(json, sources, size % 2 == 0);
  if (read.ok()) {
    Require(*read != nullptr, "settings make a policy");
    return 0;
  }
  const std::string_view error = read.error().message;
  Require(!error.empty(), "an error has words");
  Require(error.find('\n') == std::string_view::npos, "an error is one line");
  Require(error.find("correct-horse") == std::string_view::npos || json.find("correct-horse") != std::string_view::npos,
          "an error repeats no secret");
  return 0;
}

}  // namespace viaduct::filter
