#include "ops/config/file_watch.h"

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace viaduct::ops {
namespace {

using Look = FileWatch::Look;
namespace fs = std::filesystem;

class FileWatchTest : public testing::Test {
 protected:
  FileWatchTest() { fs::create_directory(folder_); }
  ~FileWatchTest() override { fs::remove_all(folder_); }

  std::string Path(std::string_view name) const { return folder_ + "/" + std::string(name); }
  std::string Write(std::string_view name, std::string_view text) const {
    std::ofstream(Path(name), std::ios::binary) << text;
    return Path(name);
  }
  // Watches the file until it need not be read again.
  void Settle(const std::string& path) {
    watch_.Watch({path});
    while (watch_.LookAgain() != Look::kSame) continue;
  }

  const std::string folder_ = testing::TempDir() + "watched";
  FileWatch watch_;
};

TEST_F(FileWatchTest, AFileThatStaysIsTheSame) {
  Settle(Write("file", "one"));
  EXPECT_EQ(watch_.LookAgain(), Look::kSame);
}

TEST_F(FileWatchTest, AnotherSizeIsSeen) {
  const std::string path = Write("file", "one");
  Settle(path);
  Write("file", "three");
  EXPECT_EQ(watch_.LookAgain(), Look::kChanged);
}

// Editors and rsync replace files so; the size and even the time may be the same.
TEST_F(FileWatchTest, AnAtomicRenameIsSeen) {
  const std::string path = Write("file", "one");
  Settle(path);
  const std::string next = Write("next", "two");
  fs::last_write_time(next, fs::last_write_time(path));
  fs::rename(next, path);
  EXPECT_EQ(watch_.LookAgain(), Look::kChanged);
}

// Kubernetes swaps config maps so.
TEST_F(FileWatchTest, ALinkThatLeadsElsewhereIsSeen) {
  const std::string link = Path("link");
  fs::create_symlink(Write("a", "one"), link);
  Settle(link);
  fs::create_symlink(Write("b", "one"), Path("other"));
  fs::rename(Path("other"), link);
  EXPECT_EQ(watch_.LookAgain(), Look::kChanged);
}

TEST_F(FileWatchTest, ThatAFileGoesAndComesIsSeen) {
  const std::string path = Write("file", "one");
  Settle(path);
  fs::remove(path);
  EXPECT_EQ(watch_.LookAgain(), Look::kChanged);
  while (watch_.LookAgain() != Look::kSame) continue;
  Write("file", "one");
  EXPECT_EQ(watch_.LookAgain(), Look::kChanged);
}

TEST_F(FileWatchTest, AWriteThatKeepsTheTimeAndTheSizeIsSeen) {
  const std::string path = Write("file", "one");
  fs::last_write_time(path, fs::file_time_type() + std::chrono::hours(1));
  Settle(path);
  Write("file", "two");
  fs::last_write_time(path, fs::file_time_type() + std::chrono::hours(1));
  EXPECT_EQ(watch_.LookAgain(), Look::kChanged);
}

// A second write within a tick of the file system's clock leaves no trace.
TEST_F(FileWatchTest, AFileThatChangedIsToBeReadAgainForAWhile) {
  const std::string path = Write("file", "one");
  Settle(path);
  Write("file", "three");
  EXPECT_EQ(watch_.LookAgain(), Look::kChanged);
  for (int i = 0; i < FileWatch::kSettlingLooks; ++i) EXPECT_EQ(watch_.LookAgain(), Look::kSettling);
  EXPECT_EQ(watch_.LookAgain(), Look::kSame);
}

// It may have changed between being read and being watched.
TEST_F(FileWatchTest, ANewFileIsToBeReadAgainForAWhile) {
  watch_.Watch({Write("file", "one")});
  EXPECT_EQ(watch_.LookAgain(), Look::kSettling);
}

TEST_F(FileWatchTest, WhatIsKnownOfAFileThatStaysStaysKnown) {
  const std::string path = Write("file", "one");
  Settle(path);
  watch_.Watch({path});
  EXPECT_EQ(watch_.LookAgain(), Look::kSame);
  Write("file", "three");
  watch_.Watch({path, Write("other", "one")});
  EXPECT_EQ(watch_.LookAgain(), Look::kChanged);
}

}  // namespace
}  // namespace viaduct::ops
