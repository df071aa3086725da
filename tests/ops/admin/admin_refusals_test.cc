#include "ops/admin/admin_refusals.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "ops/log/log_sink.h"
#include "tests/support/log_lines.h"

namespace viaduct::ops {
namespace {

using Reason = AdminRefusals::Reason;

class AdminRefusalsTest : public testing::Test {
 protected:
  // Notes a call that was refused `after` the first instant.
  void Note(Reason reason, std::chrono::milliseconds after, const std::string& method = "/a.B/C") {
    refusals_.Note(reason, {.method = method, .certificate_name = "alice"}, start_ + after);
  }

  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  LogCatcher log_;
  LogSink sink_{log_.write_fd()};
  const Logger logger_{&sink_};
  AdminRefusals refusals_{&logger_};
};

TEST_F(AdminRefusalsTest, TheFirstIsLoggedAtOnce) {
  Note(Reason::kNoToken, std::chrono::milliseconds(0));
  const LogRecord line = log_.Wait({{"level", "warn"}, {"msg", "admin call refused"}});
  EXPECT_EQ(line.at("method"), "/a.B/C");
  EXPECT_EQ(line.at("reason"), "no_token");
  EXPECT_EQ(line.at("callerName"), "alice");
  EXPECT_EQ(line.at("suppressed"), "0");
}

TEST_F(AdminRefusalsTest, AFloodLeavesALineASecondAndIsCountedWhole) {
  for (int i = 0; i < 10'000; ++i) Note(Reason::kWrongToken, std::chrono::milliseconds(i / 4));
  EXPECT_FALSE(log_.Wait({{"suppressed", "0"}}).empty());
  EXPECT_FALSE(log_.Wait({{"suppressed", "3999"}}).empty());
  EXPECT_FALSE(log_.Wait({{"suppressed", "3999"}}).empty());
  // The next line reports the refusals of the last half second.
  Note(Reason::kTwoTokens, std::chrono::seconds(60));
  EXPECT_FALSE(log_.Wait({{"suppressed", "1999"}, {"reason", "two_tokens"}}).empty());
  EXPECT_TRUE(log_.rest().empty());
  MetricsPage page;
  refusals_.AddMetrics(&page);
  const std::string text = page.Render();
  EXPECT_NE(text.find("viaduct_admin_refused_total{reason=\"no_token\"} 0\n"), std::string::npos) << text;
  EXPECT_NE(text.find("viaduct_admin_refused_total{reason=\"two_tokens\"} 1\n"), std::string::npos) << text;
  EXPECT_NE(text.find("viaduct_admin_refused_total{reason=\"wrong_token\"} 10000\n"), std::string::npos) << text;
}

TEST_F(AdminRefusalsTest, OnlyTheBeginningOfALongMethodIsLogged) {
  Note(Reason::kNoToken, std::chrono::milliseconds(0), std::string(10'000, 'x'));
  EXPECT_EQ(log_.Wait({{"msg", "admin call refused"}})["method"], std::string(256, 'x'));
}

TEST_F(AdminRefusalsTest, ConnectionsAreToldLikeCalls) {
  refusals_.NoteConnection(Reason::kTooManyConnections, "10.0.0.1", start_);
  refusals_.NoteConnection(Reason::kNoFirstCall, "10.0.0.2", start_);
  Note(Reason::kNoToken, std::chrono::seconds(1));
  const LogRecord line = log_.Wait({{"level", "warn"}, {"msg", "admin connection refused"}});
  EXPECT_EQ(line.at("peer"), "10.0.0.1");
  EXPECT_EQ(line.at("reason"), "too_many_connections");
  EXPECT_FALSE(log_.Wait({{"msg", "admin call refused"}, {"suppressed", "1"}}).empty());
  MetricsPage page;
  refusals_.AddMetrics(&page);
  const std::string text = page.Render();
  EXPECT_NE(text.find("viaduct_admin_refused_total{reason=\"too_many_connections\"} 1\n"), std::string::npos) << text;
  EXPECT_NE(text.find("viaduct_admin_refused_total{reason=\"no_first_call\"} 1\n"), std::string::npos) << text;
}

}  // namespace
}  // namespace viaduct::ops
