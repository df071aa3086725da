#include "ops/log/log_sink.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace viaduct::ops {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

class Pipe {
 public:
  Pipe() {
    int fds[2];
    if (pipe2(fds, O_CLOEXEC) != 0) std::abort();
    reader_ = fds[0];
    writer_ = fds[1];
  }
  ~Pipe() {
    CloseReader();
    CloseWriter();
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;

  int reader() const { return reader_; }
  int writer() const { return writer_; }
  void CloseReader() { Close(&reader_); }
  void CloseWriter() { Close(&writer_); }

 private:
  static void Close(int* fd) {
    if (*fd >= 0) close(*fd);
    *fd = -1;
  }

  int reader_;
  int writer_;
};

// Reads until `end` has come, the writer has closed, or ten seconds have passed.
std::string ReadUntil(int fd, std::string_view end) {
  std::string text;
  const auto deadline = steady_clock::now() + 10s;
  while (!text.ends_with(end) && steady_clock::now() < deadline) {
    pollfd readable{.fd = fd, .events = POLLIN, .revents = 0};
    if (poll(&readable, 1, 100) <= 0) continue;
    char buffer[65536];
    const ssize_t n = read(fd, buffer, sizeof buffer);
    if (n <= 0) break;
    text.append(buffer, static_cast<std::size_t>(n));
  }
  return text;
}

std::string ReadAll(int fd) { return ReadUntil(fd, "\xff"); }

std::vector<std::string> Lines(const std::string& text) {
  std::vector<std::string> lines;
  std::size_t start = 0;
  for (std::size_t end; (end = text.find('\n', start)) != std::string::npos; start = end + 1) {
    lines.push_back(text.substr(start, end - start));
  }
  if (start < text.size()) lines.push_back("TORN: " + text.substr(start));
  return lines;
}

// Returns the number in a line that reports dropped lines.
std::optional<std::uint64_t> DropCount(const std::string& line) {
  constexpr std::string_view kBegin = R"({"level":"warn","time":")";
  constexpr std::string_view kEnd = R"(,"msg":"log lines dropped"})";
  constexpr std::string_view kCount = R"(","count":)";
  const std::size_t count = line.find(kCount);
  if (!line.starts_with(kBegin) || !line.ends_with(kEnd) || count == std::string::npos) return std::nullopt;
  return std::stoull(line.substr(count + kCount.size()));
}

TEST(LogSinkTest, LinesArriveInOrder) {
  Pipe pipe;
  LogSink sink(pipe.writer());
  sink.Write("one\n");
  sink.Write("two\nthree\n");
  EXPECT_TRUE(sink.Flush(steady_clock::now() + 10s));
  sink.Write("four\n");
  EXPECT_EQ(ReadUntil(pipe.reader(), "four\n"), "one\ntwo\nthree\nfour\n");
  EXPECT_EQ(sink.dropped_lines(), 0u);
}

TEST(LogSinkTest, ALineLongerThanAPipeTakesAtOnceArrivesWhole) {
  Pipe pipe;
  LogSink sink(pipe.writer());
  const std::string line = std::string(300'000, 'x') + "\n";
  sink.Write("before\n" + line + "after\n");
  EXPECT_EQ(ReadUntil(pipe.reader(), "after\n"), "before\n" + line + "after\n");
}

TEST(LogSinkTest, ARegularFileTakesManyLinesAtOnce) {
  std::FILE* const file = std::tmpfile();
  ASSERT_NE(file, nullptr);
  std::string lines;
  for (int i = 0; i < 5000; ++i) lines += std::to_string(i) + std::string(90, '.') + "\n";
  {
    LogSink sink(fileno(file));
    sink.Write(lines);
    EXPECT_TRUE(sink.Flush(steady_clock::now() + 10s));
    sink.Write("last\n");
  }
  std::rewind(file);
  std::string text(lines.size() + 100, ' ');
  text.resize(std::fread(text.data(), 1, text.size(), file));
  std::fclose(file);
  EXPECT_EQ(text, lines + "last\n");
}

TEST(LogSinkTest, TheDestructorFlushes) {
  Pipe pipe;
  {
    LogSink(pipe.writer()).Write("last\n");
  }
  pipe.CloseWriter();
  EXPECT_EQ(ReadAll(pipe.reader()), "last\n");
}

// Writes numbered lines until some are dropped, then reads: each line must be there or be counted.
void ExpectWholeAccount(int reader, int writer) {
  constexpr std::uint64_t kLines = 20'000;
  LogSink sink(writer, 200'000);
  // Nobody reads: a write that waited would never return.
  for (std::uint64_t i = 0; i < kLines; ++i) sink.Write(std::to_string(i) + std::string(90, '.') + "\n");
  EXPECT_FALSE(sink.Flush(steady_clock::now() + 50ms));
  const std::uint64_t dropped = sink.dropped_lines();
  EXPECT_GT(dropped, 0u);

  std::string text;
  std::uint64_t told = 0;
  while (told < dropped) {
    const std::string more = ReadUntil(reader, "\"log lines dropped\"}\n");
    ASSERT_FALSE(more.empty());
    for (const std::string& line : Lines(more)) told += DropCount(line).value_or(0);
    text += more;
  }
  EXPECT_EQ(told, dropped);
  std::uint64_t next = 0;
  std::uint64_t written = 0;
  for (const std::string& line : Lines(text)) {
    if (DropCount(line).has_value()) continue;
    const std::uint64_t number = std::strtoull(line.c_str(), nullptr, 10);
    EXPECT_GE(number, next);
    EXPECT_EQ(line, std::to_string(number) + std::string(90, '.'));
    next = number + 1;
    ++written;
  }
  EXPECT_EQ(written + dropped, kLines);

  sink.Write("again\n");
  EXPECT_EQ(ReadUntil(reader, "again\n"), "again\n");
  EXPECT_EQ(sink.dropped_lines(), dropped);
}

TEST(LogSinkTest, AFullPipeDropsWholeLinesAndTellsHowMany) {
  Pipe pipe;
  ExpectWholeAccount(pipe.reader(), pipe.writer());
}

TEST(LogSinkTest, AFullNonBlockingPipeDoesTheSame) {
  Pipe pipe;
  ASSERT_EQ(fcntl(pipe.writer(), F_SETFL, O_NONBLOCK), 0);
  ExpectWholeAccount(pipe.reader(), pipe.writer());
}

TEST(LogSinkTest, AFullSocketDoesTheSame) {
  int fds[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
  ExpectWholeAccount(fds[0], fds[1]);
  close(fds[0]);
  close(fds[1]);
}

TEST(LogSinkTest, OfABatchAsManyLinesAsFitAreTaken) {
  Pipe pipe;
  LogSink sink(pipe.writer(), 10);
  sink.Write("1234\n5678\nx\nlonger than all\n");
  EXPECT_EQ(sink.dropped_lines(), 2u);
  const std::vector<std::string> lines = Lines(ReadUntil(pipe.reader(), "dropped\"}\n"));
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_EQ(lines[0], "1234");
  EXPECT_EQ(lines[1], "5678");
  EXPECT_EQ(DropCount(lines[2]), 2u);
}

TEST(LogSinkTest, WithoutAReaderAllLinesAreCountedAsDropped) {
  Pipe pipe;
  pipe.CloseReader();
  LogSink sink(pipe.writer());
  sink.Write("a\nb\n");
  EXPECT_TRUE(sink.Flush(steady_clock::now() + 10s));
  EXPECT_EQ(sink.dropped_lines(), 2u);
  sink.Write("c\n");
  EXPECT_TRUE(sink.Flush(steady_clock::now() + 10s));
  EXPECT_EQ(sink.dropped_lines(), 3u);
}

TEST(LogSinkTest, AReaderThatComesBackIsToldWhatItMissed) {
  const std::string path = testing::TempDir() + "/sink.fifo";
  ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
  int reader = open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  const int writer = open(path.c_str(), O_WRONLY | O_CLOEXEC);
  ASSERT_GE(writer, 0);
  {
    LogSink sink(writer);
    sink.Write("heard\n");
    EXPECT_EQ(ReadUntil(reader, "heard\n"), "heard\n");
    close(reader);
    sink.Write("a\nb\n");
    EXPECT_TRUE(sink.Flush(steady_clock::now() + 10s));
    EXPECT_EQ(sink.dropped_lines(), 2u);
    reader = open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    sink.Write("c\n");
    const std::vector<std::string> lines = Lines(ReadUntil(reader, "dropped\"}\n"));
    ASSERT_EQ(lines.size(), 2u);
    EXPECT_EQ(lines[0], "c");
    EXPECT_EQ(DropCount(lines[1]), 2u);
    EXPECT_EQ(sink.dropped_lines(), 2u);
  }
  close(reader);
  close(writer);
}

TEST(LogSinkTest, AReaderThatLeavesWhileThePipeIsFullEndsTheWriting) {
  Pipe pipe;
  LogSink sink(pipe.writer());
  for (int i = 0; i < 2000; ++i) sink.Write(std::string(99, 'x') + "\n");
  EXPECT_FALSE(sink.Flush(steady_clock::now() + 50ms));
  pipe.CloseReader();
  EXPECT_TRUE(sink.Flush(steady_clock::now() + 10s));
  // The pipe took some before; the rest is counted.
  EXPECT_GT(sink.dropped_lines(), 1000u);
  EXPECT_LE(sink.dropped_lines(), 2000u);
}

TEST(LogSinkTest, ADescriptorThatIsNotOpenOnlyCounts) {
  Pipe pipe;
  const int fd = pipe.writer();
  pipe.CloseWriter();
  LogSink sink(fd);
  sink.Write("a\n");
  EXPECT_TRUE(sink.Flush(steady_clock::now() + 10s));
  EXPECT_EQ(sink.dropped_lines(), 1u);
}

TEST(LogSinkTest, AStuckReaderHoldsTheDestructorForASecondOnly) {
  Pipe pipe;
  const auto start = steady_clock::now();
  {
    LogSink sink(pipe.writer());
    for (int i = 0; i < 2000; ++i) sink.Write(std::string(99, 'x') + "\n");
  }
  EXPECT_GE(steady_clock::now() - start, 1s);
  EXPECT_LT(steady_clock::now() - start, 20s);
}

TEST(LogSinkTest, AFullDiskIsWaitedFor) {
  const int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
  ASSERT_GE(fd, 0);
  LogSink sink(fd, 3);
  sink.Write("a\n");
  EXPECT_FALSE(sink.Flush(steady_clock::now() + 100ms));
  EXPECT_EQ(sink.dropped_lines(), 0u);
  sink.Write("b\n");
  EXPECT_EQ(sink.dropped_lines(), 1u);
}

TEST(LogSinkTest, WhatAFullDiskCostIsToldWhenThereIsRoom) {
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  std::FILE* const file = std::tmpfile();
  ASSERT_NE(file, nullptr);
  const auto text = [file] {
    std::string all(4096, ' ');
    all.resize(static_cast<std::size_t>(pread(fileno(file), all.data(), all.size(), 0)));
    return all;
  };
  LogSink sink(fileno(file), 20);
  const rlimit full{.rlim_cur = 12, .rlim_max = before.rlim_max};
  setrlimit(RLIMIT_FSIZE, &full);
  sink.Write("one\n");
  EXPECT_TRUE(sink.Flush(steady_clock::now() + 10s));
  sink.Write("two, which is long\n");
  EXPECT_FALSE(sink.Flush(steady_clock::now() + 50ms));
  EXPECT_EQ(text(), "one\n");
  sink.Write("three\nfour\n");
  EXPECT_EQ(sink.dropped_lines(), 2u);
  setrlimit(RLIMIT_FSIZE, &before);
  EXPECT_TRUE(sink.Flush(steady_clock::now() + 10s));
  const auto deadline = steady_clock::now() + 10s;
  while (!text().ends_with("dropped\"}\n") && steady_clock::now() < deadline) std::this_thread::yield();
  const std::vector<std::string> lines = Lines(text());
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_EQ(lines[0], "one");
  EXPECT_EQ(lines[1], "two, which is long");
  EXPECT_EQ(DropCount(lines[2]), 2u);
  std::fclose(file);
}

TEST(LogSinkTest, WritesToAFile) {
  const std::string path = testing::TempDir() + "/sink.log";
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  ASSERT_GE(fd, 0);
  {
    LogSink sink(fd);
    for (int i = 0; i < 10'000; ++i) sink.Write("0123456789\n");
  }
  close(fd);
  std::ifstream file(path);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  EXPECT_EQ(text.size(), 110'000u);
}

TEST(LogSinkTest, ManyThreadsWriteWithoutTearing) {
  constexpr int kThreads = 8;
  constexpr int kLines = 3000;
  Pipe pipe;
  std::string text;
  std::thread reader([&] { text = ReadAll(pipe.reader()); });
  {
    LogSink sink(pipe.writer());
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&sink, t] {
        for (int i = 0; i < kLines; ++i) {
          sink.Write(std::to_string(t) + " " + std::to_string(i) + " " +
                     std::string(static_cast<std::size_t>(i % 50), 'x') + "\n");
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_TRUE(sink.Flush(steady_clock::now() + 10s));
    EXPECT_EQ(sink.dropped_lines(), 0u);
  }
  pipe.CloseWriter();
  reader.join();

  std::vector<int> next(kThreads, 0);
  for (const std::string& line : Lines(text)) {
    int thread = -1;
    int number = -1;
    ASSERT_EQ(std::sscanf(line.c_str(), "%d %d", &thread, &number), 2) << line;
    ASSERT_TRUE(thread >= 0 && thread < kThreads);
    EXPECT_EQ(number, next[static_cast<std::size_t>(thread)]++);
    EXPECT_EQ(std::count(line.begin(), line.end(), 'x'), number % 50);
  }
  EXPECT_EQ(next, std::vector<int>(kThreads, kLines));
}

}  // namespace
}  // namespace viaduct::ops
