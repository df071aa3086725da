#include "net/quiet_thread.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <thread>

namespace viaduct::net {
namespace {

TEST(QuietThreadTest, AWriteToAClosedPipeOnlyFails) {
  int fds[2];
  ASSERT_EQ(pipe(fds), 0);
  close(fds[0]);
  int error = 0;
  StartQuietThread([&] {
    if (write(fds[1], "x", 1) < 0) error = errno;
  }).join();
  EXPECT_EQ(error, EPIPE);
  close(fds[1]);
}

TEST(QuietThreadTest, TheStartersMaskIsAsItWas) {
  sigset_t before;
  sigset_t inside;
  sigset_t after;
  pthread_sigmask(SIG_SETMASK, nullptr, &before);
  StartQuietThread([&] { pthread_sigmask(SIG_SETMASK, nullptr, &inside); }).join();
  pthread_sigmask(SIG_SETMASK, nullptr, &after);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGPIPE, SIGUSR1}) {
    EXPECT_TRUE(sigismember(&inside, signal));
    EXPECT_EQ(sigismember(&after, signal), sigismember(&before, signal));
  }
}

}  // namespace
}  // namespace viaduct::net
