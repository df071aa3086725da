#include "ops/log/log_file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "net/unique_fd.h"

namespace viaduct::ops {
namespace {

using Result = LogFile::Result;

// While it lives, files of this process cannot grow beyond `bytes`, as on a full disk.
class FullDisk {
 public:
  explicit FullDisk(rlim_t bytes) {
    std::signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{.rlim_cur = bytes, .rlim_max = before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FullDisk() { setrlimit(RLIMIT_FSIZE, &before_); }
  FullDisk(const FullDisk&) = delete;
  FullDisk& operator=(const FullDisk&) = delete;

 private:
  rlimit before_{};
};

class TextFile {
 public:
  explicit TextFile(int flags) : path_(testing::TempDir() + "/log_file_test.log") {
    fd_ = net::UniqueFd(open(path_.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | flags, 0600));
    if (!fd_) std::abort();
  }
  int fd() const { return fd_.get(); }
  std::string text() const {
    std::string text(4096, ' ');
    text.resize(static_cast<std::size_t>(pread(fd_.get(), text.data(), text.size(), 0)));
    return text;
  }

 private:
  std::string path_;
  net::UniqueFd fd_;
};

class Pipe {
 public:
  Pipe() {
    int fds[2];
    if (pipe2(fds, O_CLOEXEC) != 0) std::abort();
    reader = net::UniqueFd(fds[0]);
    writer = net::UniqueFd(fds[1]);
  }
  std::string Read(std::size_t size) const {
    std::string text(size, ' ');
    text.resize(static_cast<std::size_t>(read(reader.get(), text.data(), size)));
    return text;
  }

  net::UniqueFd reader;
  net::UniqueFd writer;
};

TEST(LogFileTest, AFullDiskKeepsNoHalfLine) {
  for (const int flags : {0, O_APPEND}) {
    const TextFile file(flags);
    LogFile log(file.fd());
    std::string_view lines = "first\nsecond\nthird\n";
    {
      const FullDisk disk(10);
      EXPECT_EQ(log.WriteSome(&lines), Result::kWrote);
      EXPECT_EQ(file.text(), "first\n");
      EXPECT_EQ(lines, "second\nthird\n");
      EXPECT_EQ(log.WriteSome(&lines), Result::kWouldWait) << "there is room for a half line only";
      EXPECT_EQ(file.text(), "first\n");
    }
    EXPECT_EQ(log.WriteSome(&lines), Result::kWrote);
    EXPECT_EQ(file.text(), "first\nsecond\nthird\n");
    EXPECT_TRUE(lines.empty());
  }
}

TEST(LogFileTest, WhatSomebodyElseWroteBehindIsNotTakenBack) {
  const TextFile file(0);
  LogFile log(file.fd());
  ASSERT_EQ(pwrite(file.fd(), "................", 16, 0), 16);
  std::string_view lines = "first\nsecond\n";
  const FullDisk disk(10);
  EXPECT_EQ(log.WriteSome(&lines), Result::kWrote);
  EXPECT_EQ(file.text().size(), 16u);
}

TEST(LogFileTest, APipeGetsALongLineWhenAllOfItFits) {
  const Pipe pipe;
  LogFile log(pipe.writer.get());
  const std::string text = "short\n" + std::string(20'000, 'x') + "\nlast\n";
  std::string_view lines = text;
  EXPECT_EQ(log.WriteSome(&lines), Result::kWrote);
  EXPECT_EQ(lines.size(), text.size() - 6);
  EXPECT_EQ(log.WriteSome(&lines), Result::kWouldWait) << "the short line is not read yet";
  EXPECT_EQ(pipe.Read(100), "short\n");
  EXPECT_EQ(log.WriteSome(&lines), Result::kWrote);
  EXPECT_EQ(lines, "last\n");
  EXPECT_EQ(pipe.Read(30'000), text.substr(6, 20'001));
}

TEST(LogFileTest, ALineThatIsLongerThanThePipeComesInPieces) {
  const Pipe pipe;
  LogFile log(pipe.writer.get());
  const std::string text = std::string(200'000, 'x') + "\n";
  std::string_view lines = text;
  std::string read;
  while (!lines.empty()) {
    ASSERT_EQ(log.WriteSome(&lines), Result::kWrote);
    read += pipe.Read(100'000);
  }
  EXPECT_EQ(read, text);
}

TEST(LogFileTest, TellsThatThereIsNoReader) {
  Pipe pipe;
  LogFile log(pipe.writer.get());
  pipe.reader.Reset();
  std::string_view lines = "a\n";
  EXPECT_EQ(log.WriteSome(&lines), Result::kNoReader);
  const int number = pipe.writer.get();
  pipe.writer.Reset();
  LogFile closed(number);
  EXPECT_EQ(closed.WriteSome(&lines), Result::kNoReader);
  EXPECT_EQ(lines, "a\n");
}

}  // namespace
}  // namespace viaduct::ops
