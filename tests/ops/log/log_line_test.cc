#include "ops/log/log_line.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "text/text_buffer.h"

namespace viaduct::ops {
namespace {

std::chrono::system_clock::time_point At(std::int64_t millis) {
  return std::chrono::system_clock::time_point(std::chrono::milliseconds(millis));
}

constexpr std::int64_t kConnected = 1779714174569;  // 2026-05-25T13:02:54.569Z

// The lines below are those of a chat that logs with pino.
TEST(LogLineTest, AConnectionLineIsPinos) {
  LogLines lines(6, "ip-10-10-8-174.ec2.internal");
  text::TextBuffer text;
  JsonLine line = lines.Start(&text, LogLevel::kInfo, At(kConnected));
  line.String("id", "11e254eb-5557-40ca-8832-3c37f5ed37ea").String("url", "/websocket");
  line.String("userAgent", "<user agent>").String("forwardedFor", "<client IPv6 address>, 130.176.119.40");
  line.String("cloudfrontId", "snx71Wifama59uLy3vfwcHaHwHmRrcVUi-e8vZtyU1FpHh069dBYQA==").Int("clientCount", 1);
  line.End("ws connected");
  EXPECT_EQ(text.view(),
            R"({"level":"info","time":"2026-05-25T13:02:54.569Z","pid":6,"hostname":"ip-10-10-8-174.ec2.internal",)"
            R"("id":"11e254eb-5557-40ca-8832-3c37f5ed37ea","url":"/websocket","userAgent":"<user agent>",)"
            R"("forwardedFor":"<client IPv6 address>, 130.176.119.40",)"
            R"("cloudfrontId":"snx71Wifama59uLy3vfwcHaHwHmRrcVUi-e8vZtyU1FpHh069dBYQA==","clientCount":1,)"
            R"("msg":"ws connected"})"
            "\n");
}

TEST(LogLineTest, AMessageLineIsPinos) {
  LogLines lines(6, "ip-10-10-8-174.ec2.internal");
  text::TextBuffer text;
  JsonLine line = lines.Start(&text, LogLevel::kInfo, At(kConnected + 52406));
  line.String("id", "11e254eb-5557-40ca-8832-3c37f5ed37ea").Int("bytes", 31).Bool("isBinary", false);
  line.End("ws message received");
  EXPECT_EQ(text.view(),
            R"({"level":"info","time":"2026-05-25T13:03:46.975Z","pid":6,"hostname":"ip-10-10-8-174.ec2.internal",)"
            R"("id":"11e254eb-5557-40ca-8832-3c37f5ed37ea","bytes":31,"isBinary":false,"msg":"ws message received"})"
            "\n");
}

TEST(LogLineTest, ACloseLineIsPinos) {
  LogLines lines(6, "ip-10-10-8-174.ec2.internal");
  text::TextBuffer text;
  JsonLine line = lines.Start(&text, LogLevel::kInfo, At(1779714530946));
  line.String("id", "71ca940a-8e32-4471-9938-9b9af4c18687").Int("code", 1006).String("reason", "");
  line.Int("clientCount", 0).End("ws closed");
  EXPECT_EQ(text.view(),
            R"({"level":"info","time":"2026-05-25T13:08:50.946Z","pid":6,"hostname":"ip-10-10-8-174.ec2.internal",)"
            R"("id":"71ca940a-8e32-4471-9938-9b9af4c18687","code":1006,"reason":"","clientCount":0,"msg":"ws closed"})"
            "\n");
}

TEST(LogLineTest, ALineWithTheHeadersIsPinos) {
  LogLines lines(8, "ip-10-10-8-98.ec2.internal");
  text::TextBuffer text;
  JsonLine line = lines.Start(&text, LogLevel::kInfo, At(1779716548172));
  line.String("method", "GET").BeginObject("headers").String("host", "d1fhfqyui9h81a.cloudfront.net");
  line.String("upgrade", "websocket").EndObject().String("remoteAddress", "10.10.8.96").Int("remotePort", 10026);
  line.String("remoteFamily", "IPv4").Int("clientCount", 1).End("ws connected");
  EXPECT_EQ(text.view(),
            R"({"level":"info","time":"2026-05-25T13:42:28.172Z","pid":8,"hostname":"ip-10-10-8-98.ec2.internal",)"
            R"("method":"GET","headers":{"host":"d1fhfqyui9h81a.cloudfront.net","upgrade":"websocket"},)"
            R"("remoteAddress":"10.10.8.96","remotePort":10026,"remoteFamily":"IPv4","clientCount":1,)"
            R"("msg":"ws connected"})"
            "\n");
}

TEST(LogLineTest, LinesFollowEachOther) {
  LogLines lines(1, "h");
  text::TextBuffer text;
  lines.Start(&text, LogLevel::kWarn, At(0)).End("a");
  lines.Start(&text, LogLevel::kError, At(1)).End("b");
  EXPECT_EQ(text.view(), R"({"level":"warn","time":"1970-01-01T00:00:00.000Z","pid":1,"hostname":"h","msg":"a"})"
                         "\n"
                         R"({"level":"error","time":"1970-01-01T00:00:00.001Z","pid":1,"hostname":"h","msg":"b"})"
                         "\n");
}

TEST(LogLineTest, ByDefaultTheProcessSpeaksForItself) {
  std::array<char, 256> hostname{};
  ASSERT_EQ(gethostname(hostname.data(), hostname.size()), 0);
  text::TextBuffer text;
  LogLines().Start(&text, LogLevel::kInfo, At(0)).End("a");
  EXPECT_EQ(text.view(), R"({"level":"info","time":"1970-01-01T00:00:00.000Z","pid":)" + std::to_string(getpid()) +
                             R"(,"hostname":")" + hostname.data() + R"(","msg":"a"})" + "\n");
}

TEST(LogLineTest, FurtherMembersAreInEveryLineAndEscaped) {
  LogLines lines(1, "h");
  lines.AddMember("task", "a\"b");
  lines.AddMember("availabilityZone", "us-east-1d");
  text::TextBuffer text;
  lines.Start(&text, LogLevel::kInfo, At(0)).Int("n", 1).End("a");
  LogLines(lines).Start(&text, LogLevel::kInfo, At(0)).End("b");
  const std::string head = R"({"level":"info","time":"1970-01-01T00:00:00.000Z","pid":1,"hostname":"h",)"
                           R"("task":"a\"b","availabilityZone":"us-east-1d",)";
  EXPECT_EQ(text.view(), head + R"("n":1,"msg":"a"})" + "\n" + head + R"("msg":"b"})" + "\n");
}

TEST(LogLineTest, AHostnameIsEscaped) {
  text::TextBuffer text;
  LogLines(1, "a\"b").Start(&text, LogLevel::kInfo, At(0)).End("a");
  EXPECT_NE(text.view().find(R"("hostname":"a\"b",)"), std::string_view::npos);
}

}  // namespace
}  // namespace viaduct::ops
