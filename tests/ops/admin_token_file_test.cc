#include "ops/admin_token_file.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <thread>

#include "ops/log_sink.h"
#include "tests/support/log_lines.h"

namespace viaduct {
namespace {

constexpr char kOne[] = "Bearer 0123456789abcdef";
constexpr char kTwo[] = "Bearer fedcba9876543210";
constexpr char kBoth[] = "one 0123456789abcdef\ntwo fedcba9876543210\n";

class AdminTokenFileTest : public testing::Test {
 protected:
  // As a deployment would: by a rename, so that nobody reads half of it.
  void Write(const std::string& text) {
    std::ofstream(path_ + ".new") << text;
    ASSERT_EQ(std::rename((path_ + ".new").c_str(), path_.c_str()), 0);
  }
  AdminListener Listener() const {
    AdminListener listener;
    listener.tcp.emplace();
    listener.tcp->bearer_token_file = path_;
    listener.tcp->tokens = AdminTokens::Read(path_).value();
    return listener;
  }

  const std::string path_ = std::string(std::getenv("TEST_TMPDIR")) + "/tokens";
  LogCatcher log_;
  LogSink sink_{log_.write_fd()};
  const Logger logger_{&sink_};
};

// Waits until `authorization` is `name`'s.
bool BecomesNamed(const AdminTokenFile& file, std::string_view authorization, std::string_view name) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (file.NameOf(authorization) != name) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return true;
}

TEST_F(AdminTokenFileTest, TokensComeAndGoWhileItRuns) {
  Write("one 0123456789abcdef\n");
  const AdminTokenFile file(Listener(), &logger_);
  EXPECT_EQ(file.NameOf(kOne), "one");
  EXPECT_EQ(file.NameOf(kTwo), "");
  Write(kBoth);
  EXPECT_TRUE(BecomesNamed(file, kTwo, "two"));
  EXPECT_EQ(file.NameOf(kOne), "one") << "both are live";
  Write("two fedcba9876543210\n");
  EXPECT_TRUE(BecomesNamed(file, kOne, ""));
  EXPECT_EQ(file.NameOf(kTwo), "two");
  EXPECT_FALSE(log_.Wait({{"msg", "admin tokens taken over"}, {"tokens", "2"}, {"path", path_}}).empty());
}

TEST_F(AdminTokenFileTest, ABrokenFileKeepsTheLastGoodOneAndSaysSo) {
  Write("one 0123456789abcdef\n");
  const AdminTokenFile file(Listener(), &logger_);
  Write("one short\n");
  const std::string error = "\"" + path_ + "\": line 1: the token is shorter than 16 characters";
  EXPECT_FALSE(log_.Wait({{"level", "warn"},
                          {"msg", "admin tokens not taken over: the last good ones stay"},
                          {"path", path_},
                          {"error", error}})
                   .empty());
  EXPECT_EQ(file.NameOf(kOne), "one");
  ASSERT_EQ(std::remove(path_.c_str()), 0);
  EXPECT_FALSE(log_.Wait({{"level", "warn"}, {"error", "\"" + path_ + "\": cannot be read"}}).empty());
  EXPECT_EQ(file.NameOf(kOne), "one");
  Write("one 0123456789abcdef\n");
  EXPECT_FALSE(log_.Wait({{"msg", "admin tokens are good again"}}).empty());
  EXPECT_TRUE(log_.rest().empty()) << "each is told once";
}

TEST_F(AdminTokenFileTest, NothingButTheBearerSchemeIsAToken) {
  Write(kBoth);
  const AdminTokenFile file(Listener(), &logger_);
  for (const std::string_view wrong :
       {"", "Bearer", "Bearer ", "bearer 0123456789abcdef", "Basic 0123456789abcdef", "0123456789abcdef"}) {
    EXPECT_EQ(file.NameOf(wrong), "") << wrong;
  }
}

}  // namespace
}  // namespace viaduct
