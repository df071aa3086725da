#include "ops/program/descriptor_budget.h"

#include <gtest/gtest.h>

#include <string>

#include "ops/log/log_sink.h"
#include "tests/support/log_lines.h"

namespace viaduct::ops {
namespace {

constexpr DescriptorBudget kBudget{.own = 100, .each = 2};

TEST(DescriptorBudgetTest, ConnectionsFitBesideTheProgramsOwn) {
  EXPECT_EQ(kBudget.Need(50), 200u);
  EXPECT_EQ(kBudget.Fit(50, 1'000), 50);
  EXPECT_EQ(kBudget.Fit(50, 200), 50);
  EXPECT_EQ(kBudget.Fit(50, 199), 49);
  EXPECT_EQ(kBudget.Fit(50, 102), 1);
}

TEST(DescriptorBudgetTest, OneConnectionIsAlwaysTried) {
  EXPECT_EQ(kBudget.Fit(50, 101), 1);
  EXPECT_EQ(kBudget.Fit(50, 0), 1);
}

TEST(DescriptorBudgetTest, TheWarningSaysWhatIsInForceAndWhatWouldBeEnough) {
  LogCatcher log;
  LogSink sink(log.write_fd());
  WarnOfFewDescriptors(kBudget, "limits.x", 50, 49, 199, Logger(&sink));
  LogRecord line = log.Wait({{"msg", "descriptor limit too low"}});
  EXPECT_EQ(line["level"], "warn");
  EXPECT_EQ(line["for"], "limits.x");
  EXPECT_EQ(line["limit"], "199");
  EXPECT_EQ(line["wanted"], "200");
  EXPECT_EQ(line["effective"], "49");
  EXPECT_EQ(line["fix"], "set the hard limit of open files (nofile of the container's ulimits) to 200");
}

}  // namespace
}  // namespace viaduct::ops
