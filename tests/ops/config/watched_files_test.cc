#include "ops/config/watched_files.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ops/config/file_watch.h"

namespace viaduct::ops {
namespace {

using How = WatchedFiles::How;
using Outcome = WatchedFiles::Outcome;

// A file of one number, of which an odd one is broken.
class WatchedFilesTest : public testing::Test {
 protected:
  WatchedFilesTest() {
    Write(2);
    files_.Watch({path_});
    while (Look().has_value() || reads_ > reads_before_) continue;
    reads_ = 0;
  }
  ~WatchedFilesTest() override { std::remove(path_.c_str()); }

  void Write(int number) const {
    std::ofstream(path_ + ".new") << number;
    std::rename((path_ + ".new").c_str(), path_.c_str());
  }
  // The look that notices a change takes nothing.
  void Notice() { EXPECT_EQ(Look(), std::nullopt); }
  std::optional<absl::Status> Look(How how = How::kIfChanged) {
    reads_before_ = reads_;
    return files_.Look(how, now_, [this]() -> absl::StatusOr<Outcome> {
      ++reads_;
      int number = 0;
      std::ifstream(path_) >> number;
      if (number % 2 != 0) return absl::InvalidArgumentError(std::to_string(number) + " is odd");
      const bool same = number == in_force_;
      in_force_ = number;
      return same ? Outcome::kSame : Outcome::kTaken;
    });
  }

  const std::string path_ = testing::TempDir() + "number";
  WatchedFiles::TimePoint now_{};
  WatchedFiles files_;
  int in_force_ = 0;
  int reads_ = 0;
  int reads_before_ = 0;
};

TEST_F(WatchedFilesTest, WhatChangedIsTakenAndToldOnce) {
  EXPECT_EQ(Look(), std::nullopt);
  EXPECT_EQ(reads_, 0) << "nothing changed";
  Write(4);
  Notice();
  EXPECT_EQ(reads_, 0) << "it may be half written";
  EXPECT_EQ(Look(), absl::OkStatus());
  EXPECT_EQ(in_force_, 4);
  EXPECT_EQ(Look(), std::nullopt);
}

TEST_F(WatchedFilesTest, WhatGoesOnChangingIsReadWhenItStaysTheSame) {
  for (const int half_written : {4, 6, 8}) {
    Write(half_written);
    Notice();
  }
  EXPECT_EQ(reads_, 0);
  EXPECT_EQ(Look(), absl::OkStatus());
  EXPECT_EQ(in_force_, 8);
}

TEST_F(WatchedFilesTest, WhatNeverStaysTheSameIsToldOnce) {
  for (int look = 1; look < WatchedFiles::kRestlessLooks; ++look) {
    Write(2 * look);
    Notice();
  }
  Write(100);
  const std::optional<absl::Status> told = Look();
  ASSERT_TRUE(told.has_value());
  EXPECT_EQ(told->message(), path_ + ": keeps changing, so it is not taken over until it stays the same for a moment");
  EXPECT_TRUE(files_.stale());
  Write(102);
  Notice();
  EXPECT_EQ(reads_, 0);
  EXPECT_EQ(Look(), absl::OkStatus());
  EXPECT_FALSE(files_.stale());
  EXPECT_EQ(in_force_, 102);
}

TEST_F(WatchedFilesTest, WhatIsBrokenIsToldOnceAndTriedAgain) {
  Write(5);
  Notice();
  EXPECT_EQ(Look(), absl::InvalidArgumentError("5 is odd"));
  EXPECT_TRUE(files_.stale());
  EXPECT_EQ(in_force_, 2);
  for (int i = 0; i < FileWatch::kSettlingLooks; ++i) EXPECT_EQ(Look(), std::nullopt);
  reads_ = 0;
  EXPECT_EQ(Look(), std::nullopt);
  EXPECT_EQ(reads_, 0);
  now_ += WatchedFiles::kRetryAfter;
  EXPECT_EQ(Look(), std::nullopt);
  EXPECT_EQ(reads_, 1);
  Write(7);
  Notice();
  EXPECT_EQ(Look(), absl::InvalidArgumentError("7 is odd"));
  Write(2);
  Notice();
  EXPECT_EQ(Look(), absl::OkStatus()) << "good again, though it is what was in force";
  EXPECT_FALSE(files_.stale());
}

TEST_F(WatchedFilesTest, WhoAsksIsTold) {
  EXPECT_EQ(Look(How::kAlways), absl::OkStatus());
  Write(5);
  EXPECT_EQ(Look(How::kAlways), absl::InvalidArgumentError("5 is odd"));
  EXPECT_EQ(Look(How::kAlways), absl::InvalidArgumentError("5 is odd"));
}

TEST_F(WatchedFilesTest, FilesThatAreNotThereAnyMoreAreNotWrong) {
  Write(5);
  Look(How::kAlways);
  files_.Watch({});
  EXPECT_FALSE(files_.stale());
  EXPECT_EQ(Look(How::kAlways), std::nullopt);
}

}  // namespace
}  // namespace viaduct::ops
