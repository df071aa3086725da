#include "net/event_loop.h"

#include <sys/eventfd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "net/system_calls.h"

namespace viaduct::net {
namespace {

bool Add(int epoll, int fd, std::uint32_t events, EventLoop::Handler* handler) {
  epoll_event event{};
  event.events = events;
  event.data.ptr = handler;
  return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0;
}

}  // namespace

absl::StatusOr<std::unique_ptr<EventLoop>> EventLoop::Create() {
  UniqueFd epoll(epoll_create1(EPOLL_CLOEXEC));
  if (!epoll) return absl::ResourceExhaustedError(absl::StrCat("epoll_create1: ", strerror(errno)));
  UniqueFd wakeup(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!wakeup) return absl::ResourceExhaustedError(absl::StrCat("eventfd: ", strerror(errno)));
  // The wakeup descriptor has no handler.
  if (!Add(epoll.get(), wakeup.get(), EPOLLIN | EPOLLET, nullptr)) {
    return absl::ResourceExhaustedError(absl::StrCat("epoll_ctl: ", strerror(errno)));
  }
  return std::unique_ptr<EventLoop>(new EventLoop(std::move(epoll), std::move(wakeup)));
}

EventLoop::EventLoop(UniqueFd epoll, UniqueFd wakeup) : epoll_(std::move(epoll)), wakeup_(std::move(wakeup)) {}

EventLoop::~EventLoop() {
  // The destroyed objects may own timers and sockets of this loop and may retire more, so the loop must be intact.
  while (DropUnrun()) {
  }
}

bool EventLoop::DropUnrun() {
  std::vector<absl::AnyInvocable<void()>> posted;
  {
    MutexLock lock(&mutex_);
    posted.swap(posted_);
  }
  const auto at_turn_end = std::exchange(at_turn_end_, {});
  const auto retired = std::exchange(retired_, {});
  return !posted.empty() || !at_turn_end.empty() || !retired.empty();
}

bool EventLoop::Watch(int fd, Handler* handler) {
  return Add(epoll_.get(), fd, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, handler);
}

bool EventLoop::WatchLevel(int fd, Handler* handler) { return Add(epoll_.get(), fd, EPOLLIN, handler); }

void EventLoop::Unwatch(int fd) {
  epoll_event ignored{};
  epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, &ignored);
}

void EventLoop::Forget(Handler* handler) {
  for (int i = batch_next_; i < batch_size_; ++i) {
    if (batch_[i].data.ptr == handler) batch_[i].data.ptr = nullptr;
  }
  std::erase(again_, handler);
  std::replace(running_again_.begin(), running_again_.end(), handler, static_cast<Handler*>(nullptr));
}

void EventLoop::RunAgain(Handler* handler) {
  if (std::find(again_.begin(), again_.end(), handler) == again_.end()) again_.push_back(handler);
}

void EventLoop::Post(absl::AnyInvocable<void()> call) {
  bool was_empty;
  {
    MutexLock lock(&mutex_);
    was_empty = posted_.empty();
    posted_.push_back(std::move(call));
  }
  if (!was_empty) return;
  const std::uint64_t one = 1;
  // This fails only when the counter is full, and then the loop is awake anyway.
  [[maybe_unused]] const ssize_t written = ::write(wakeup_.get(), &one, sizeof one);
}

void EventLoop::Stop() {
  Post([this] { stopping_ = true; });
}

int EventLoop::WaitMillis() const {
  if (!again_.empty() || !at_turn_end_.empty() || !retired_.empty()) return 0;
  if (heap_.empty()) return -1;
  // Uses this turn's time: reading the clock again would cost more than the turn took.
  const auto wait = heap_.front().at - now_;
  if (wait <= Clock::duration::zero()) return 0;
  // Rounds up: a wait that ends slightly early would be followed by useless turns.
  const auto millis = std::chrono::ceil<std::chrono::milliseconds>(wait).count();
  return static_cast<int>(std::min<std::int64_t>(millis, 60'000));
}

void EventLoop::Run() {
  stopping_ = false;
  while (!stopping_) {
    const int ready = EpollWaitCall(epoll_.get(), batch_.data(), kBatch, WaitMillis());
    now_ = Clock::now();
    ++turn_;
    batch_size_ = std::max(ready, 0);
    if (!again_.empty()) running_again_.swap(again_);  // what this turn's handlers ask for runs in the next turn
    bool woken = false;
    for (batch_next_ = 0; batch_next_ < batch_size_;) {
      const epoll_event event = batch_[batch_next_++];
      if (event.data.ptr != nullptr) {
        static_cast<Handler*>(event.data.ptr)->OnReady(event.events);
      } else {
        woken = true;  // by Post, or a handler forgotten in this turn: RunPosted is cheap
      }
    }
    batch_size_ = batch_next_ = 0;
    // The list may shrink to null entries, never grow, while it is walked.
    for (std::size_t i = 0; i < running_again_.size(); ++i) {
      if (running_again_[i] != nullptr) running_again_[i]->OnReady(0);
    }
    running_again_.clear();
    FireTimers();
    if (woken) RunPosted();
    FinishTurn();
  }
}

void EventLoop::RunPosted() {
  // The eventfd is emptied before the queue is taken, so that a later Post always makes a new edge.
  std::uint64_t count;
  [[maybe_unused]] const ssize_t got = ::read(wakeup_.get(), &count, sizeof count);
  std::vector<absl::AnyInvocable<void()>> calls;
  {
    MutexLock lock(&mutex_);
    calls.swap(posted_);
  }
  for (auto& call : calls) call();
}

void EventLoop::FinishTurn() {
  // A call or a destructor may ask for more; that runs too.
  while (!at_turn_end_.empty() || !retired_.empty()) {
    running_at_turn_end_.swap(at_turn_end_);
    for (auto& call : running_at_turn_end_) call();
    running_at_turn_end_.clear();
    dying_.swap(retired_);
    dying_.clear();
  }
}

void EventLoop::FireTimers() {
  firing_ = true;
  while (!heap_.empty() && heap_.front().at <= now_) {
    const TimerEntry entry = heap_.front();
    HeapRemove(0);
    Timer* timer = entry.timer;
    if (timer->deadline_ == Timer::kNever) continue;
    if (timer->deadline_ > entry.at) {  // moved later
      HeapInsert(timer, timer->deadline_);
      continue;
    }
    timer->deadline_ = Timer::kNever;
    timer->owner_->OnTimer(timer);
  }
  firing_ = false;
}

Timer::~Timer() {
  if (index_ != kNotInHeap) loop_->HeapRemove(index_);
}

void Timer::Set(Clock::time_point deadline) {
  deadline_ = deadline;
  if (index_ != kNotInHeap) {
    if (deadline >= loop_->heap_[index_].at) return;
    loop_->HeapRemove(index_);
  }
  if (deadline == kNever) return;
  // A timer set here is checked in the next turn at the earliest; otherwise timers that are due at once would never
  // end.
  if (loop_->firing_) deadline = std::max(deadline, loop_->now_ + Clock::duration(1));
  loop_->HeapInsert(this, deadline);
}

void Timer::SetAfter(Clock::duration timeout) {
  const Clock::time_point now = loop_->now();
  Set(timeout < kNever - now ? now + timeout : kNever);
}

void EventLoop::HeapInsert(Timer* timer, Clock::time_point at) {
  heap_.push_back({at, timer});
  timer->index_ = static_cast<std::uint32_t>(heap_.size() - 1);
  SiftUp(heap_.size() - 1);
}

void EventLoop::HeapRemove(std::size_t index) {
  heap_[index].timer->index_ = Timer::kNotInHeap;
  const TimerEntry last = heap_.back();
  heap_.pop_back();
  if (index == heap_.size()) return;
  Place(index, last);
  SiftUp(index);
  SiftDown(last.timer->index_);
}

void EventLoop::Place(std::size_t index, TimerEntry entry) {
  heap_[index] = entry;
  entry.timer->index_ = static_cast<std::uint32_t>(index);
}

void EventLoop::SiftUp(std::size_t index) {
  const TimerEntry entry = heap_[index];
  while (index > 0) {
    const std::size_t parent = (index - 1) / 2;
    if (heap_[parent].at <= entry.at) break;
    Place(index, heap_[parent]);
    index = parent;
  }
  Place(index, entry);
}

void EventLoop::SiftDown(std::size_t index) {
  const TimerEntry entry = heap_[index];
  for (;;) {
    std::size_t child = 2 * index + 1;
    if (child >= heap_.size()) break;
    if (child + 1 < heap_.size() && heap_[child + 1].at < heap_[child].at) ++child;
    if (entry.at <= heap_[child].at) break;
    Place(index, heap_[child]);
    index = child;
  }
  Place(index, entry);
}

}  // namespace viaduct::net
