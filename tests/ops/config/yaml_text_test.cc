#include "ops/config/yaml_text.h"

#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "ops/config/config_file.h"
#include "tests/ops/config/config_sample.pb.h"

namespace viaduct::ops {
namespace {

using google::protobuf::util::MessageDifferencer;
using ops_test::Sample;

Sample FullSample() {
  Sample sample;
  sample.set_text("it's \"text\": \\ # no comment\n\ttab, \x01, DEL \x7f, \xc2\x85, \xe2\x80\xa8, \xf0\x9f\x98\x80");
  sample.set_raw(std::string("\0\xff", 2));
  sample.set_flag(true);
  sample.set_small(std::numeric_limits<int>::min());
  sample.set_large(std::numeric_limits<std::int64_t>::min());
  sample.set_count(std::numeric_limits<std::uint32_t>::max());
  sample.set_total(std::numeric_limits<std::uint64_t>::max());
  sample.set_ratio(0.1f);
  sample.set_weight(1.0 / 3);
  sample.set_color(ops_test::DARK_GREEN);
  sample.mutable_pause()->set_nanos(1);
  sample.mutable_inner()->mutable_inner()->mutable_timeout()->set_seconds(90);
  for (const char* name : {"", "null", "~", "a: b", "- x", "true", "1"}) sample.add_names(name);
  sample.add_numbers(0);
  sample.add_colors(ops_test::RED);
  sample.add_pauses();
  sample.add_inners();
  sample.add_inners()->add_items("x");
  (*sample.mutable_labels())["b"] = "";
  (*sample.mutable_labels())["a \"quoted\" key"] = "v";
  (*sample.mutable_by_number())[-1];
  (*sample.mutable_by_number())[2].set_name("two");
  (*sample.mutable_by_flag())[false].set_seconds(5);
  sample.set_maybe_count(0);
  sample.set_maybe_text("");
  sample.set_path("");
  sample.set_zigzag(-3);
  sample.set_fixed(3);
  return sample;
}

TEST(YamlTextTest, WhatIsPrintedIsReadBackEqual) {
  const Sample sample = FullSample();
  Sample read;
  const auto file = ConfigFile::Parse("printed", ToYaml(sample), &read);
  ASSERT_TRUE(file.ok()) << file.status() << "\n" << ToYaml(sample);
  EXPECT_TRUE(MessageDifferencer::Equals(read, sample)) << ToYaml(sample);
  EXPECT_EQ(ToYaml(read), ToYaml(sample));
}

TEST(YamlTextTest, PrintsSetFieldsInOrder) {
  Sample sample;
  sample.set_maybe_count(0);
  sample.mutable_pause()->set_seconds(90);
  sample.set_text("127.0.0.1:80");
  sample.set_color(ops_test::RED);
  sample.mutable_inner();
  sample.add_names("a");
  sample.add_names("b");
  sample.add_inners()->set_name("c");
  sample.add_pauses();
  (*sample.mutable_labels())["y"] = "2";
  (*sample.mutable_labels())["x"] = "1";
  EXPECT_EQ(ToYaml(sample),
            "text: \"127.0.0.1:80\"\n"
            "color: RED\n"
            "pause: 1m30s\n"
            "inner: {}\n"
            "names:\n"
            "  - \"a\"\n"
            "  - \"b\"\n"
            "pauses:\n"
            "  - 0s\n"
            "inners:\n"
            "  -\n"
            "    name: \"c\"\n"
            "labels:\n"
            "  \"x\": \"1\"\n"
            "  \"y\": \"2\"\n"
            "maybe_count: 0\n");
}

TEST(YamlTextTest, AnEmptyMessageIsEmptyText) { EXPECT_EQ(ToYaml(Sample()), ""); }

}  // namespace
}  // namespace viaduct::ops
