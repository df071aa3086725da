#include "net/stop_signal.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <optional>

namespace viaduct::net {
namespace {

using std::chrono::milliseconds;

// Signals belong to a process: each fact is tested in a child, which reports it by its exit status.
template <typename Body>
int ExitStatusOfChild(Body body) {
  const pid_t child = ::fork();
  if (child == 0) _exit(body());
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status)) << "killed by signal " << WTERMSIG(status);
  return WEXITSTATUS(status);
}

TEST(StopSignalTest, BlockedSignalsAreValues) {
  for (int signal : {SIGTERM, SIGINT, SIGHUP}) {
    EXPECT_EQ(ExitStatusOfChild([signal] {
                BlockSignals();
                ::kill(::getpid(), signal);
                return WaitForSignal(milliseconds(10'000)).value_or(0);
              }),
              signal);
  }
}

TEST(StopSignalTest, EachSignalIsToldOnce) {
  EXPECT_EQ(ExitStatusOfChild([] {
              BlockSignals();
              ::kill(::getpid(), SIGTERM);
              ::kill(::getpid(), SIGHUP);
              const int first = WaitForSignal(milliseconds(10'000)).value_or(0);
              const int second = WaitForSignal(milliseconds(10'000)).value_or(0);
              const bool both = first + second == SIGTERM + SIGHUP && first != second;
              return both && !WaitForSignal(milliseconds(0)).has_value() ? 0 : 1;
            }),
            0);
}

TEST(StopSignalTest, TellsNothingWhenTheTimeoutPasses) {
  EXPECT_EQ(ExitStatusOfChild([] {
              BlockSignals();
              const auto start = std::chrono::steady_clock::now();
              const std::optional<int> signal = WaitForSignal(milliseconds(30));
              const auto waited = std::chrono::steady_clock::now() - start;
              return !signal.has_value() && waited >= milliseconds(30) ? 0 : 1;
            }),
            0);
}

TEST(StopSignalTest, TheLongestTimeoutWaitsForASignal) {
  EXPECT_EQ(ExitStatusOfChild([] {
              BlockSignals();
              ::kill(::getpid(), SIGTERM);
              return WaitForSignal(milliseconds::max()).value_or(0);
            }),
            SIGTERM);
}

TEST(StopSignalTest, AnotherSignalDoesNotEndTheWait) {
  EXPECT_EQ(ExitStatusOfChild([] {
              BlockSignals();
              std::signal(SIGALRM, [](int) {});
              ::ualarm(5'000, 5'000);
              const auto start = std::chrono::steady_clock::now();
              const std::optional<int> signal = WaitForSignal(milliseconds(60));
              const auto waited = std::chrono::steady_clock::now() - start;
              return !signal.has_value() && waited >= milliseconds(60) ? 0 : 1;
            }),
            0);
}

TEST(StopSignalTest, SignalsSentBeforeTheWaitAreKept) {
  EXPECT_EQ(ExitStatusOfChild([] {
              BlockSignals();
              ::raise(SIGTERM);
              return WaitForSignal(milliseconds(0)) == SIGTERM ? 0 : 1;
            }),
            0);
}

TEST(StopSignalTest, AVanishedPeerIsAnErrorOfTheWrite) {
  EXPECT_EQ(ExitStatusOfChild([] {
              BlockSignals();
              int pipe[2];
              if (::pipe(pipe) != 0) return 1;
              ::close(pipe[0]);
              return ::write(pipe[1], "x", 1) == -1 && errno == EPIPE ? 0 : 2;
            }),
            0);
}

}  // namespace
}  // namespace viaduct::net
