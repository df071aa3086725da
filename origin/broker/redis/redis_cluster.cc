#include "origin/broker/redis/redis_cluster.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "origin/broker/redis/room/netstring.h"
#include "origin/broker/redis/room/room_scripts.h"
#include "text/number.h"
#include "text/string_view.h"

namespace viaduct::origin {
namespace {

constexpr std::size_t kMaxAsked = 256;
// The size limit of a question or an announcement.
constexpr std::size_t kMaxBytes = std::size_t{16} << 20;

std::string Pack(std::initializer_list<std::string_view> parts) {
  std::string out;
  for (const std::string_view part : parts) AppendNetstring(part, &out);
  return out;
}

absl::Status TooLarge() { return absl::ResourceExhaustedError(absl::StrCat("more than ", kMaxBytes, " bytes")); }

}  // namespace

// The reply handle of one question; answers UNAVAILABLE when it is dropped unused.
class RedisCluster::OneReply {
 public:
  OneReply(RedisCluster* cluster, std::string_view to, std::string_view id)
      : cluster_(cluster), mailbox_(cluster->mailbox_), to_(to), id_(id) {}
  OneReply(OneReply&& other) noexcept
      : cluster_(std::exchange(other.cluster_, nullptr)),
        mailbox_(std::move(other.mailbox_)),
        to_(std::move(other.to_)),
        id_(std::move(other.id_)) {}
  OneReply& operator=(OneReply&&) = delete;
  ~OneReply() { (*this)(absl::UnavailableError("the task did not answer")); }

  void operator()(absl::StatusOr<std::string> answer) {
    RedisCluster* const cluster = std::exchange(cluster_, nullptr);
    if (cluster == nullptr) return;
    net::MutexLock lock(&mailbox_->mutex);
    // Posted calls are dropped with the loop, which the cluster outlives.
    if (mailbox_->loop == nullptr) return;
    mailbox_->loop->Post(
        [cluster, to = to_, id = id_, answer = std::move(answer)] { cluster->SendAnswer(to, id, answer); });
  }

 private:
  RedisCluster* cluster_;
  std::shared_ptr<Mailbox> mailbox_;
  std::string to_;
  std::string id_;
};

RedisCluster::RedisCluster(net::EventLoop* loop, RedisLink* link, const RedisNames* names, std::string task,
                           std::chrono::nanoseconds holds)
    : loop_(loop),
      link_(link),
      names_(names),
      task_(std::move(task)),
      holds_(holds),
      own_channel_(names->TaskChannel(task_)),
      mailbox_(std::make_shared<Mailbox>()),
      deadline_(loop, this) {
  net::MutexLock lock(&mailbox_->mutex);
  mailbox_->loop = loop;
}

RedisCluster::~RedisCluster() {
  net::MutexLock lock(&mailbox_->mutex);
  mailbox_->loop = nullptr;
}

void RedisCluster::Ask(std::string method, std::string bytes, net::Clock::time_point deadline,
                       absl::AnyInvocable<void(Answers)> done) {
  loop_->Post([this, method = std::move(method), bytes = std::move(bytes), deadline, done = std::move(done)]() mutable {
    StartAsk(method, bytes, deadline, std::move(done));
  });
}

void RedisCluster::StartAsk(const std::string& method, const std::string& bytes, net::Clock::time_point deadline,
                            absl::AnyInvocable<void(Answers)> done) {
  if (!link_->up()) return done(absl::UnavailableError("Redis is away"));
  if (bytes.size() > kMaxBytes) return done(TooLarge());
  if (asked_.size() >= kMaxAsked) return done(absl::ResourceExhaustedError("too many questions at once"));
  const std::uint64_t id = next_id_++;
  Asked& asked = asked_[id];
  asked.deadline = deadline;
  asked.done = std::move(done);
  SetTimer();
  AnnouncePresence(1, [this, id, payload = Pack({"A", task_, absl::StrCat(id), method, bytes})](
                          const RedisReply& reply) { OnTasks(id, payload, reply); });
}

void RedisCluster::OnTasks(std::uint64_t id, const std::string& payload, const RedisReply& reply) {
  const auto found = asked_.find(id);
  if (found == asked_.end()) return;
  std::optional<std::vector<PresenceAnnouncement>> tasks;
  if (reply.elements.size() == 2) tasks = ParsePresence(reply.elements[1]);
  if (!tasks.has_value())
    return Fail(id, absl::DataLossError(absl::StrCat(names_->Tasks(), ": not written by a chat")));
  Asked& asked = found->second;
  for (PresenceAnnouncement& task : *tasks) {
    asked.answers.push_back({std::move(task.task), absl::UnavailableError("no answer in time")});
  }
  std::sort(asked.answers.begin(), asked.answers.end(),
            [](const Answer& a, const Answer& b) { return a.task < b.task; });
  asked.missing = asked.answers.size();
  asked.sent = true;
  if (asked.missing == 0) return Finish(id);
  link_->Publish(names_->ClusterChannel(), payload);
}

void RedisCluster::Serve(std::string method, Method handler) {
  const std::lock_guard lock(handlers_mutex_);
  if (handler == nullptr) {
    methods_.erase(method);
  } else {
    methods_[std::move(method)] = std::move(handler);
  }
}

void RedisCluster::Announce(std::string topic, std::string bytes) {
  loop_->Post([this, topic = std::move(topic), bytes = std::move(bytes)] {
    if (bytes.size() <= kMaxBytes) link_->Publish(names_->ClusterChannel(), Pack({"N", task_, topic, bytes}));
  });
}

void RedisCluster::Listen(std::string topic, Topic handler) {
  const std::lock_guard lock(handlers_mutex_);
  if (handler == nullptr) {
    topics_.erase(topic);
  } else {
    topics_[std::move(topic)] = std::move(handler);
  }
}

void RedisCluster::OnLinkUp() {
  link_->Subscribe(names_->ClusterChannel());
  link_->Subscribe(own_channel_);
  announced_ = false;
}

void RedisCluster::OnLinkDown() {
  while (!asked_.empty()) {
    const std::uint64_t id = asked_.begin()->first;
    if (asked_.begin()->second.sent) {
      Finish(id);
    } else {
      Fail(id, absl::UnavailableError("Redis is away"));
    }
  }
}

void RedisCluster::Tick(net::Clock::time_point now) {
  if (!link_->up() || (announced_ && now - announced_at_ < holds_ / 3)) return;
  announced_ = true;
  announced_at_ = now;
  AnnouncePresence(1, [](const RedisReply&) {});
}

void RedisCluster::Leave() {
  AnnouncePresence(0, [](const RedisReply&) {});
}

void RedisCluster::AnnouncePresence(int clients, RedisLink::Done done) {
  const std::string millis = absl::StrCat(std::chrono::duration_cast<std::chrono::milliseconds>(holds_).count());
  link_->Call(PresenceScript(), {names_->Tasks(), names_->TasksStream(), names_->TasksEnd()},
              {task_, absl::StrCat(clients), millis, "", millis, millis}, std::move(done));
}

bool RedisCluster::OnPublished(std::string_view channel, std::string_view payload) {
  if (channel != own_channel_ && channel != names_->ClusterChannel()) return false;
  const std::optional<Parts> parts = ParseNetstrings(payload);
  // This task's own questions and announcements are ignored.
  if (!parts.has_value() || parts->size() < 4 || (*parts)[1] == task_) return true;
  if (parts->size() == 5 && parts->front() == "A") OnAsk(*parts);
  if (parts->size() == 5 && parts->front() == "R") OnAnswer(*parts);
  if (parts->size() == 4 && parts->front() == "N") OnAnnouncement(*parts);
  return true;
}

void RedisCluster::OnAsk(const Parts& parts) {
  OneReply reply(this, parts[1], parts[2]);
  const std::lock_guard lock(handlers_mutex_);
  const auto method = methods_.find(parts[3]);
  if (method == methods_.end()) {
    return reply(absl::UnimplementedError(absl::StrCat("no method \"", std::string(parts[3]), "\"")));
  }
  const Method handler = method->second;  // a copy: the handler may remove itself
  handler(std::string(parts[4]), std::move(reply));
}

void RedisCluster::SendAnswer(std::string_view to, std::string_view id, const absl::StatusOr<std::string>& answer) {
  const absl::Status status = answer.ok() && answer->size() > kMaxBytes ? TooLarge() : answer.status();
  const std::string_view bytes = status.ok() ? std::string_view(*answer) : text::ToStd(status.message());
  link_->Publish(names_->TaskChannel(to), Pack({"R", task_, id, absl::StrCat(static_cast<int>(status.code())), bytes}));
}

void RedisCluster::OnAnswer(const Parts& parts) {
  std::uint64_t id = 0;
  int code = 0;
  if (!text::ReadNumber(parts[2], &id) || !text::ReadNumber(parts[3], &code)) return;
  const auto found = asked_.find(id);
  if (found == asked_.end()) return;
  for (Answer& answer : found->second.answers) {
    if (answer.task != parts[1]) continue;
    if (code == 0) {
      answer.bytes = std::string(parts[4]);
    } else {
      answer.bytes = absl::Status(static_cast<absl::StatusCode>(code), {parts[4].data(), parts[4].size()});
    }
    if (--found->second.missing == 0) return Finish(id);
  }
}

void RedisCluster::OnAnnouncement(const Parts& parts) {
  const std::lock_guard lock(handlers_mutex_);
  const auto topic = topics_.find(parts[2]);
  if (topic == topics_.end()) return;
  const Topic handler = topic->second;
  handler(parts[1], parts[3]);
}

void RedisCluster::Finish(std::uint64_t id) {
  Asked asked = std::move(asked_.extract(id).mapped());
  asked.done(std::move(asked.answers));
}

void RedisCluster::Fail(std::uint64_t id, absl::Status status) {
  Asked asked = std::move(asked_.extract(id).mapped());
  asked.done(std::move(status));
}

void RedisCluster::SetTimer() {
  net::Clock::time_point first = net::Clock::time_point::max();
  for (const auto& [id, asked] : asked_) first = std::min(first, asked.deadline);
  deadline_.Set(first);
}

void RedisCluster::OnTimer(net::Timer*) {
  std::vector<std::uint64_t> late;
  for (const auto& [id, asked] : asked_) {
    if (asked.deadline <= loop_->now()) late.push_back(id);
  }
  for (const std::uint64_t id : late) {
    if (asked_.at(id).sent) {
      Finish(id);
    } else {
      Fail(id, absl::DeadlineExceededError("the list of tasks: no answer in time"));
    }
  }
  SetTimer();
}

}  // namespace viaduct::origin
