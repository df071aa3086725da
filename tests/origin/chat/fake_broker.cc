#include "tests/origin/chat/fake_broker.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>

#include "absl/status/status.h"
#include "origin/message/since.h"

namespace viaduct::origin {

// One task's broker: calls its listener on a thread of its own, in the order of Post.
class FakeCluster::Task final : public Broker {
 public:
  Task(FakeCluster* cluster, Listener* listener) : cluster_(cluster), listener_(listener), thread_([this] { Run(); }) {
    net::MutexLock lock(&cluster_->mutex_);
    cluster_->tasks_.insert(this);
  }

  ~Task() override {
    {
      net::MutexLock lock(&cluster_->mutex_);
      cluster_->tasks_.erase(this);
    }
    {
      const std::lock_guard lock(mutex_);
      ending_ = true;
    }
    changed_.notify_one();
    thread_.join();
  }

  void Publish(std::vector<RoomMessage> messages) override {
    net::MutexLock lock(&cluster_->mutex_);
    for (RoomMessage& message : messages) {
      std::vector<RoomMessage>& room = cluster_->rooms_[message.room];
      message.position = "1-" + std::to_string(room.size() + 1);
      room.push_back(message);
    }
    for (Task* task : cluster_->tasks_) {
      task->Post([task, messages] {
        for (const RoomMessage& message : messages) task->told_[message.room] = message.position;
        task->listener_->OnMessages(messages);
      });
    }
  }

  bool congested() const override { return cluster_->congested_; }

  void SetPresence(std::string_view room, int local_clients, People people) override {
    net::MutexLock lock(&cluster_->mutex_);
    clients_[std::string(room)] = local_clients;
    people_[std::string(room)] = std::move(people);
    for (Task* task : cluster_->tasks_) {
      int elsewhere = 0;
      People named;
      for (Task* other : cluster_->tasks_) {
        if (other == task) continue;
        elsewhere += other->clients_[std::string(room)];
        for (const Person& person : other->people_[std::string(room)]) named.push_back(person);
      }
      task->Post(
          [task, elsewhere, named, name = std::string(room)] { task->listener_->OnPresence(name, elsewhere, named); });
    }
  }

  void ReadHistory(std::string room, std::string since, std::function<void(absl::StatusOr<History>)> done) override {
    std::function<void()> ask = [this, room = std::move(room), since = std::move(since), done = std::move(done)] {
      Post([this, room, since, done] { done(Answer(room, since)); });
    };
    {
      net::MutexLock lock(&cluster_->mutex_);
      if (cluster_->hold_) return cluster_->held_.push_back(std::move(ask));
    }
    ask();
  }

  bool degraded() const override { return false; }

 private:
  friend class FakeCluster;

  static std::size_t NumberOf(const std::string& position) {
    return position.substr(0, 2) == "1-" ? std::stoul(position.substr(2)) : ~std::size_t{0};
  }

  // Called on the thread: everything delivered so far may be in the answer, and nothing that is still to be delivered.
  absl::StatusOr<History> Answer(const std::string& room, const std::string& since) {
    if (cluster_->failing_) return absl::UnavailableError("failing");
    net::MutexLock lock(&cluster_->mutex_);
    const std::vector<RoomMessage>& all = cluster_->rooms_[room];
    const std::size_t last = told_.contains(room) ? NumberOf(told_[room]) : 0;
    if (const std::optional<std::size_t> newest = NewestAsked(since)) {
      const std::size_t begin = last - std::min(*newest, last);
      const std::size_t end = std::min(last, begin + cluster_->page_);
      return History{.messages = {all.begin() + static_cast<std::ptrdiff_t>(begin),
                                  all.begin() + static_cast<std::ptrdiff_t>(end)},
                     .position = "1-" + std::to_string(begin),
                     .more = end < last};
    }
    if (since.empty()) return History{.position = "1-" + std::to_string(last)};
    const std::size_t oldest = last > cluster_->kept_ ? last - cluster_->kept_ : 0;
    const std::size_t number = NumberOf(since);
    History history;
    if (number < oldest || number > last) history.kind = History::Kind::kGap;
    const std::size_t begin = history.kind == History::Kind::kGap ? oldest : number;
    const std::size_t end = std::min(last, begin + cluster_->page_);
    history.more = end < last;
    history.messages.assign(all.begin() + static_cast<std::ptrdiff_t>(begin),
                            all.begin() + static_cast<std::ptrdiff_t>(end));
    history.position = "1-" + std::to_string(begin);
    return history;
  }

  void Post(std::function<void()> call) {
    {
      const std::lock_guard lock(mutex_);
      calls_.push_back(std::move(call));
    }
    changed_.notify_one();
  }

  void Run() {
    std::unique_lock lock(mutex_);
    for (;;) {
      changed_.wait(lock, [this] { return ending_ || !calls_.empty(); });
      if (ending_) return;
      const std::function<void()> call = std::move(calls_.front());
      calls_.pop_front();
      lock.unlock();
      call();
      lock.lock();
    }
  }

  FakeCluster* const cluster_;
  Listener* const listener_;
  std::map<std::string, int> clients_;       // under the cluster's lock
  std::map<std::string, People> people_;     // under the cluster's lock
  std::map<std::string, std::string> told_;  // the thread's: the position that was told last
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> calls_;
  bool ending_ = false;
  std::thread thread_;
};

absl::StatusOr<std::unique_ptr<Broker>> FakeCluster::Make(Broker::Listener* listener) {
  return std::make_unique<Task>(this, listener);
}

void FakeCluster::HoldAnswers(bool hold) {
  std::vector<std::function<void()>> held;
  {
    net::MutexLock lock(&mutex_);
    hold_ = hold;
    if (!hold) held = std::exchange(held_, {});
  }
  for (const auto& ask : held) ask();
}

void FakeCluster::ReleaseOneAnswer() {
  std::function<void()> ask;
  {
    net::MutexLock lock(&mutex_);
    ask = std::move(held_.front());
    held_.erase(held_.begin());
  }
  ask();
}

void FakeCluster::SetCongested(bool congested) {
  congested_ = congested;
  if (congested) return;
  net::MutexLock lock(&mutex_);
  for (Task* task : tasks_) task->Post([task] { task->listener_->OnRelieved(); });
}

std::size_t FakeCluster::waiting_answers() {
  net::MutexLock lock(&mutex_);
  return held_.size();
}

int FakeCluster::Clients(std::string_view room) {
  net::MutexLock lock(&mutex_);
  int clients = 0;
  for (Task* task : tasks_) clients += task->clients_[std::string(room)];
  return clients;
}

std::vector<RoomMessage> FakeCluster::Messages(std::string_view room) {
  net::MutexLock lock(&mutex_);
  return rooms_[std::string(room)];
}

}  // namespace viaduct::origin
