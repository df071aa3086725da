// Any text is refused with a reason, or is a config that is read back equal from what is printed of it; and an error
// with any message finds its place.

#include <google/protobuf/util/message_differencer.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "ops/config/config_file.h"
#include "ops/config/yaml_text.h"
#include "tests/fuzz/require.h"
#include "tests/ops/config/config_sample.pb.h"

namespace viaduct::ops {

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  ops_test::Sample sample;
  const auto file = ConfigFile::Parse("fuzzed", text, &sample);
  if (!file.ok()) {
    Require(file.status().message().size() > std::string_view("fuzzed: ").size(), "a refused text has a reason");
    Require(sample.ByteSizeLong() == 0, "a refused text sets nothing");
    return 0;
  }
  ops_test::Sample read;
  Require(ConfigFile::Parse("printed", ToYaml(sample), &read).ok(), "printed text is a config");
  Require(google::protobuf::util::MessageDifferencer::Equals(read, sample), "printed text reads back");
  const absl::Status located = file->Locate(absl::InvalidArgumentError(std::string(text)));
  Require(located.message().size() > size, "an error finds its place");
  return 0;
}

}  // namespace viaduct::ops
