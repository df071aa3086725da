#include "ops/log/logger.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

namespace viaduct::ops {
namespace {

using std::chrono::system_clock;

// Returns the output of a logger for `log`.
template <typename Log>
std::string Written(Log log) {
  int fds[2];
  if (pipe2(fds, O_CLOEXEC) != 0) std::abort();
  {
    LogSink sink(fds[1]);
    log(Logger(&sink, LogLines(6, "host")));
  }
  close(fds[1]);
  std::string text(65536, '\0');
  const ssize_t n = read(fds[0], text.data(), text.size());
  close(fds[0]);
  text.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
  return text;
}

TEST(LoggerTest, WritesOneLineWithItsFields) {
  const std::string path = "a\nb";
  const std::string text = Written([&path](const Logger& logger) {
    logger.Log(LogLevel::kWarn, system_clock::time_point(), "ranges file is bad",
               {{"path", path}, {"error", "not JSON"}, {"kept", true}, {"age", -5}, {"count", std::size_t{7}}});
  });
  EXPECT_EQ(text, R"({"level":"warn","time":"1970-01-01T00:00:00.000Z","pid":6,"hostname":"host","path":"a\nb",)"
                  R"("error":"not JSON","kept":true,"age":-5,"count":7,"msg":"ranges file is bad"})"
                  "\n");
}

TEST(LoggerTest, ALineNeedsNoFields) {
  const std::string text = Written([](const Logger& logger) {
    logger.Log(LogLevel::kInfo, system_clock::time_point(std::chrono::milliseconds(1)), "listening");
  });
  EXPECT_EQ(text, R"({"level":"info","time":"1970-01-01T00:00:00.001Z","pid":6,"hostname":"host","msg":"listening"})"
                  "\n");
}

TEST(LoggerTest, LinesBeginAsThoseOfTheSinkDo) {
  int fds[2];
  ASSERT_EQ(pipe2(fds, O_CLOEXEC), 0);
  LogLines lines(1, "h");
  lines.AddMember("task", "t1");
  {
    LogSink sink(fds[1], LogSink::kMaxPendingBytes, lines);
    Logger(&sink).Log(LogLevel::kInfo, system_clock::time_point(), "listening");
  }
  close(fds[1]);
  std::string text(4096, '\0');
  const ssize_t n = read(fds[0], text.data(), text.size());
  close(fds[0]);
  text.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
  EXPECT_EQ(text, R"({"level":"info","time":"1970-01-01T00:00:00.000Z","pid":1,"hostname":"h","task":"t1",)"
                  R"("msg":"listening"})"
                  "\n");
}

TEST(LoggerTest, ManyThreadsMayLog) {
  const std::string text = Written([](const Logger& logger) {
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&logger, t] {
        for (int i = 0; i < 50; ++i) {
          logger.Log(LogLevel::kInfo, system_clock::time_point(std::chrono::seconds(t * 100 + i)), "x", {{"t", t}});
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
  });
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 200);
}

}  // namespace
}  // namespace viaduct::ops
