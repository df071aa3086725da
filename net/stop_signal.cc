#include "net/stop_signal.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <ctime>

namespace viaduct::net {
namespace {

sigset_t WaitedFor() {
  sigset_t set;
  sigemptyset(&set);
  for (int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&set, signal);
  return set;
}

}  // namespace

void BlockSignals() {
  const sigset_t set = WaitedFor();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

std::optional<int> WaitForSignal(std::chrono::milliseconds timeout) {
  using std::chrono::nanoseconds, std::chrono::seconds, std::chrono::steady_clock;
  const sigset_t set = WaitedFor();
  // The timeout is bounded so that the longest one does not overflow.
  const auto deadline =
      steady_clock::now() + std::min<std::chrono::milliseconds>(timeout, std::chrono::hours(24 * 365));
  for (;;) {
    const nanoseconds left = std::max<nanoseconds>(deadline - steady_clock::now(), nanoseconds::zero());
    const auto whole = std::chrono::floor<seconds>(left);
    const timespec wait{.tv_sec = whole.count(), .tv_nsec = nanoseconds(left - whole).count()};
    const int signal = sigtimedwait(&set, nullptr, &wait);
    if (signal >= 0) return signal;
    if (errno != EINTR) return std::nullopt;  // a debugger or another signal interrupts, and the wait goes on
  }
}

}  // namespace viaduct::net
