#include "ops/metrics/close_code_counts.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace viaduct::ops {
namespace {

using Codes = std::map<std::uint16_t, std::uint64_t>;

// The labels that were counted, as "label=count".
std::vector<std::string> Counted(const CloseCodeCounts& counts) {
  const std::vector<std::string> labels = CloseCodeCounts::Labels();
  const std::vector<std::uint64_t> values = counts.CountsByLabel();
  EXPECT_EQ(labels.size(), values.size());
  std::vector<std::string> counted;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (values[i] > 0) counted.push_back(labels[i] + "=" + std::to_string(values[i]));
  }
  return counted;
}

TEST(CloseCodeCountsTest, EachCodeIsCountedUnderItsLabel) {
  struct Case {
    std::uint16_t code;
    const char* label;
    bool by_itself;
  };
  const Case cases[] = {{0, "other", false},       {999, "other", false},     {1000, "1000", true},
                        {1005, "1005", true},      {1015, "1015", true},      {1016, "other", false},
                        {2999, "other", false},    {3000, "3000-3999", true}, {3999, "3000-3999", true},
                        {4000, "4000-4999", true}, {4999, "4000-4999", true}, {5000, "other", false},
                        {65535, "other", false}};
  for (const Case& c : cases) {
    const auto counts = std::make_unique<CloseCodeCounts>();
    counts->Add(c.code);
    EXPECT_EQ(Counted(*counts), std::vector<std::string>{std::string(c.label) + "=1"}) << c.code;
    Codes codes;
    counts->AddTo(&codes);
    EXPECT_EQ(codes, c.by_itself ? (Codes{{c.code, 1}}) : Codes()) << c.code;
  }
}

TEST(CloseCodeCountsTest, CountsAddUp) {
  const auto first = std::make_unique<CloseCodeCounts>();
  const auto second = std::make_unique<CloseCodeCounts>();
  for (const std::uint16_t code : {1000, 1000, 4001, 4002}) first->Add(code);
  for (const std::uint16_t code : {1000, 4001}) second->Add(code);
  EXPECT_EQ(Counted(*first), (std::vector<std::string>{"1000=2", "4000-4999=2"}));
  Codes codes;
  first->AddTo(&codes);
  second->AddTo(&codes);
  EXPECT_EQ(codes, (Codes{{1000, 3}, {4001, 2}, {4002, 1}}));
}

TEST(CloseCodeCountsTest, LabelsAreFew) {
  const std::vector<std::string> labels = CloseCodeCounts::Labels();
  ASSERT_EQ(labels.size(), 19u);
  EXPECT_EQ(labels.front(), "1000");
  EXPECT_EQ(labels[15], "1015");
  EXPECT_EQ(labels.back(), "other");
}

}  // namespace
}  // namespace viaduct::ops
