#include "net/quiet_thread.h"

#include <pthread.h>
#include <signal.h>

#include <utility>

namespace viaduct::net {

std::thread StartQuietThread(std::function<void()> function) {
  // A thread inherits its starter's mask, so no signal can arrive before the thread sets its own.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  std::thread thread(std::move(function));
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return thread;
}

}  // namespace viaduct::net
