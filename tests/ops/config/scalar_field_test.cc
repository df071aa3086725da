#include "ops/config/scalar_field.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "tests/ops/config/config_sample.pb.h"

namespace viaduct::ops {
namespace {

using google::protobuf::FieldDescriptor;
using ops_test::Sample;

const FieldDescriptor& Field(std::string_view name) {
  return *Sample::descriptor()->FindFieldByName(std::string(name));
}

TEST(ScalarFieldTest, WhatIsSetIsPrintedAgain) {
  struct Case {
    std::string_view field;
    std::string_view text;
    std::string_view printed;
  };
  const Case cases[] = {
      {"text", "a \"b\"", R"("a \"b\"")"},
      {"raw", "AAEC", R"("AAEC")"},
      {"flag", "true", "true"},
      {"small", "-2147483648", "-2147483648"},
      {"large", "9223372036854775807", "9223372036854775807"},
      {"count", "4294967295", "4294967295"},
      {"total", "18446744073709551615", "18446744073709551615"},
      {"ratio", "0.1", "0.1"},
      {"weight", "1e-300", "1e-300"},
      {"weight", "-0.30000000000000004", "-0.30000000000000004"},
      {"color", "Dark_Green", "DARK_GREEN"},
      {"maybe_count", "0", "0"},
      {"zigzag", "-1", "-1"},
      {"fixed", "1", "1"},
  };
  for (const Case& c : cases) {
    Sample sample;
    EXPECT_EQ(SetScalar(c.text, Field(c.field), &sample), "") << c.field;
    EXPECT_EQ(ScalarText(sample, Field(c.field)), c.printed) << c.field;
  }
}

TEST(ScalarFieldTest, ARepeatedFieldGetsOneMore) {
  Sample sample;
  EXPECT_EQ(SetScalar("1", Field("numbers"), &sample), "");
  EXPECT_EQ(SetScalar("2", Field("numbers"), &sample), "");
  EXPECT_EQ(sample.numbers_size(), 2);
  EXPECT_EQ(ScalarText(sample, Field("numbers"), 1), "2");
}

TEST(ScalarFieldTest, ARefusedTextSetsNothing) {
  Sample sample;
  EXPECT_EQ(SetScalar("x", Field("maybe_count"), &sample), "expected a whole number from 0 to 4294967295");
  EXPECT_EQ(SetScalar("pink", Field("colors"), &sample), "expected one of RED, DARK_GREEN");
  EXPECT_EQ(sample.ByteSizeLong(), 0u);
}

}  // namespace
}  // namespace viaduct::ops
