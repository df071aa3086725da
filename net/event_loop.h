#pragma once

#include <sys/epoll.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "net/mutex.h"
#include "net/unique_fd.h"

namespace viaduct::net {

using Clock = std::chrono::steady_clock;

class Timer;

// One thread's epoll set, timers and posted calls.
//
// Descriptors are registered once, edge-triggered, and never re-armed: a handler remembers what it is ready for and
// works until the kernel says "would block". Only listening sockets are level-triggered. One turn of the loop waits,
// notifies the handlers, fires due timers, runs posted calls, runs the calls asked for at the turn's end, and deletes
// what was retired.
//
// All members except Post and Stop belong to the thread that calls Run (or will call it).
class EventLoop {
 public:
  // Is notified when a descriptor becomes ready. One call may stand for several edges; calls may be spurious.
  class Handler {
   public:
    // `events`: EPOLLIN, EPOLLOUT, EPOLLRDHUP, EPOLLHUP, EPOLLERR; 0 after RunAgain.
    virtual void OnReady(std::uint32_t events) = 0;

   protected:
    ~Handler() = default;
  };

  // Fails only when the kernel has no descriptors left.
  static absl::StatusOr<std::unique_ptr<EventLoop>> Create();
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  // Watches `fd` for all edges in both directions. Call Forget before `handler` dies. Returns false, with errno, when
  // the kernel refuses.
  bool Watch(int fd, Handler* handler);
  // Watches `fd` for input, level-triggered: `handler` is notified in every turn until it has taken all input, or until
  // Unwatch. It may take a part without asking the kernel whether that was all. Returns false, with errno, when the
  // kernel refuses.
  bool WatchLevel(int fd, Handler* handler);
  // Ends what WatchLevel began. The rest of this turn may still notify the handler.
  void Unwatch(int fd);
  // Drops this turn's remaining notifications of `handler`. The caller must close the descriptor, which takes it out of
  // the epoll set.
  void Forget(Handler* handler);
  // Calls `handler` once more in the next turn, so that one busy descriptor does not starve the others.
  void RunAgain(Handler* handler);

  // Returns the time at the start of this turn; before Run, the time when the loop was made. One reading of the clock
  // in each turn is exact enough for timeouts.
  Clock::time_point now() const { return now_; }
  // The number of this turn; the first is 1.
  std::uint64_t turn() const { return turn_; }

  // Runs `call` at the end of this turn, after all handlers. For work that is worth gathering, such as writing log
  // lines.
  void AtTurnEnd(absl::AnyInvocable<void()> call) { at_turn_end_.push_back(std::move(call)); }
  // Destroys `object` at the end of this turn. A handler may retire itself.
  template <typename T>
  void Retire(std::unique_ptr<T> object) {
    retired_.emplace_back(object.release(), [](void* p) { delete static_cast<T*>(p); });
  }

  // Runs `call` on the loop's thread. Call it from any thread. After Stop, `call` is not run but destroyed, with the
  // loop or by DropUnrun.
  void Post(absl::AnyInvocable<void()> call);
  // Runs turns until Stop.
  void Run();
  // Makes Run return at the end of its turn. Call it from any thread.
  void Stop();

  // Destroys the calls that were posted or asked for at a turn's end and have not run, and what was retired. Returns
  // false if there was nothing. Not to be called from inside Run.
  bool DropUnrun();

 private:
  friend class Timer;
  struct TimerEntry {
    Clock::time_point at;
    Timer* timer;
  };

  explicit EventLoop(UniqueFd epoll, UniqueFd wakeup);

  int WaitMillis() const;
  void FireTimers();
  void RunPosted();
  void FinishTurn();
  void HeapInsert(Timer* timer, Clock::time_point at);
  void HeapRemove(std::size_t index);
  void SiftUp(std::size_t index);
  void SiftDown(std::size_t index);
  void Place(std::size_t index, TimerEntry entry);

  static constexpr int kBatch = 256;

  UniqueFd epoll_;
  UniqueFd wakeup_;  // an eventfd
  Clock::time_point now_ = Clock::now();
  std::uint64_t turn_ = 0;
  std::array<epoll_event, kBatch> batch_;
  int batch_size_ = 0;
  int batch_next_ = 0;
  std::vector<Handler*> again_;
  std::vector<Handler*> running_again_;
  std::vector<TimerEntry> heap_;
  std::vector<absl::AnyInvocable<void()>> at_turn_end_;
  std::vector<absl::AnyInvocable<void()>> running_at_turn_end_;
  std::vector<std::unique_ptr<void, void (*)(void*)>> retired_;
  std::vector<std::unique_ptr<void, void (*)(void*)>> dying_;
  bool firing_ = false;  // in FireTimers
  bool stopping_ = false;

  Mutex mutex_;
  std::vector<absl::AnyInvocable<void()>> posted_ ABSL_GUARDED_BY(mutex_);
};

// One deadline on a loop. Moving it later costs only a store: the loop checks again when the old deadline comes.
// Belongs to the loop's thread; must die before the loop.
class Timer {
 public:
  class Owner {
   public:
    virtual void OnTimer(Timer* timer) = 0;

   protected:
    ~Owner() = default;
  };

  Timer(EventLoop* loop, Owner* owner) : loop_(loop), owner_(owner) {}
  ~Timer();
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  // Calls the owner once, in the first turn that starts at or after `deadline`. Timers due in one turn fire in the
  // order of their deadlines. A timer set by OnTimer fires in the next turn at the earliest. Replaces an earlier
  // deadline.
  void Set(Clock::time_point deadline);
  // Sets the deadline to `timeout` after the loop's now(). The longest duration means never.
  void SetAfter(Clock::duration timeout);
  // Cancels the deadline until the next Set.
  void Cancel() { deadline_ = kNever; }
  bool active() const { return deadline_ != kNever; }

 private:
  friend class EventLoop;
  static constexpr Clock::time_point kNever = Clock::time_point::max();
  static constexpr std::uint32_t kNotInHeap = ~std::uint32_t{0};

  EventLoop* loop_;
  Owner* owner_;
  Clock::time_point deadline_ = kNever;
  std::uint32_t index_ = kNotInHeap;
};

}  // namespace viaduct::net
