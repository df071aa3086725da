#include "ops/config/reload_thread.h"

#include <gtest/gtest.h>

#include <future>

#include "absl/status/status.h"
#include "ops/config/watched_files.h"

namespace viaduct::ops {
namespace {

using How = WatchedFiles::How;

TEST(ReloadThreadTest, LooksByItself) {
  std::promise<How> looked;
  ReloadThread thread;
  bool first = true;
  thread.Start([&](How how) {
    if (first) looked.set_value(how);
    first = false;
    return absl::OkStatus();
  });
  EXPECT_EQ(looked.get_future().get(), How::kIfChanged);
}

TEST(ReloadThreadTest, AReloadAnswersWhatTheLookDid) {
  ReloadThread thread;
  thread.Start(
      [](How how) { return how == How::kAlways ? absl::FailedPreconditionError("broken") : absl::OkStatus(); });
  EXPECT_EQ(thread.Reload(), absl::FailedPreconditionError("broken"));
}

TEST(ReloadThreadTest, ARequestIsFollowedByALook) {
  std::promise<void> reloaded;
  ReloadThread thread;
  thread.Start([&](How how) {
    if (how == How::kAlways) reloaded.set_value();
    return absl::OkStatus();
  });
  thread.RequestReload();
  reloaded.get_future().wait();
}

TEST(ReloadThreadTest, NothingIsLookedAtAfterStop) {
  int looks = 0;
  ReloadThread thread;
  thread.Start([&](How) {
    ++looks;
    return absl::OkStatus();
  });
  EXPECT_TRUE(thread.Reload().ok());
  thread.Stop();
  const int before = looks;
  thread.Wake();
  thread.RequestReload();
  EXPECT_EQ(looks, before);
}

}  // namespace
}  // namespace viaduct::ops
