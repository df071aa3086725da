#include "origin/broker/redis/redis_broker.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <variant>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "net/quiet_thread.h"
#include "origin/broker/redis/room/room_scripts.h"

namespace viaduct::origin {
namespace {

// Publishers must pause when this much waits, long before the bound: Redis takes this much in a fraction of a second.
constexpr std::size_t kMaxCongestedBytes = std::size_t{4} << 20;
// The broker stays degraded until at most this much waits: messages sent afterwards are echoed behind it.
constexpr std::size_t kSmallBacklog = std::size_t{256} << 10;

net::Clock::duration TickFor(std::chrono::nanoseconds command_timeout) {
  return std::clamp<net::Clock::duration>(std::chrono::duration_cast<net::Clock::duration>(command_timeout) / 8,
                                          std::chrono::milliseconds(5), std::chrono::milliseconds(200));
}

}  // namespace

absl::StatusOr<std::unique_ptr<RedisBroker>> RedisBroker::Start(const RedisBrokerSettings& settings,
                                                                Broker::Listener* listener, const ops::Logger* logger) {
  absl::StatusOr<std::unique_ptr<net::EventLoop>> loop = net::EventLoop::Create();
  if (!loop.ok()) return loop.status();
  std::unique_ptr<RedisBroker> broker(new RedisBroker(settings, *std::move(loop), listener, logger));
  broker->thread_ = net::StartQuietThread([loop = broker->loop_.get()] { loop->Run(); });
  return broker;
}

RedisBroker::RedisBroker(const RedisBrokerSettings& settings, std::unique_ptr<net::EventLoop> loop,
                         Broker::Listener* listener, const ops::Logger* logger)
    : settings_(settings),
      loop_(std::move(loop)),
      listener_(listener),
      logger_(logger),
      names_(settings.key_prefix, settings.endpoint.database),
      congested_bytes_(std::min(settings.outbox_bytes / 2, kMaxCongestedBytes)),
      tick_every_(TickFor(settings.endpoint.command_timeout)),
      link_(loop_.get(),
            {.endpoint = settings.endpoint,
             .read_files = settings.read_files,
             .back_off_first = settings.back_off_first,
             .back_off_last = settings.back_off_last},
            this),
      cluster_(loop_.get(), &link_, &names_, settings.task, settings.presence_ttl),
      context_{.loop = loop_.get(),
               .link = &link_,
               .names = &names_,
               .logger = logger,
               .counters = &counters_,
               .task = settings.task,
               .stream_messages = settings.stream_messages,
               .history_messages = settings.history_messages,
               .history_age = settings.history_age,
               .deliver =
                   [this](std::vector<RoomMessage> messages) {
                     if (!leaving_) listener_->OnMessages(std::move(messages));
                   }},
      tick_(loop_.get(), this),
      down_since_(loop_->now()) {
  link_.Start();
  tick_.SetAfter(tick_every_);
}

RedisBroker::~RedisBroker() {
  loop_->Post([this] { Leave(); });
  thread_.join();
  if (context_.outbox.messages == 0) return;
  Log(ops::LogLevel::kError, "messages lost: the broker ended before Redis had them",
      {{"messages", context_.outbox.messages}});
}

void RedisBroker::Publish(std::vector<RoomMessage> messages) {
  if (messages.empty()) return;
  bool was_empty;
  {
    net::MutexLock lock(&mutex_);
    was_empty = incoming_.empty();
    for (RoomMessage& message : messages) {
      incoming_bytes_ += RoomOutbox::BytesOf(message);
      incoming_.push_back(std::move(message));
    }
    if (link_up_ && incoming_bytes_ + outbox_bytes_ > congested_bytes_) congested_ = true;
  }
  if (was_empty) loop_->Post([this] { TakeIncoming(); });
}

void RedisBroker::SetPresence(std::string_view room, int local_clients, People people) {
  loop_->Post([this, name = std::string(room), local_clients, people = std::move(people)]() mutable {
    // A missing room is not created only to record that it has no clients.
    if (local_clients > 0 || rooms_.contains(name)) RoomOf(name).presence.SetHere(local_clients, std::move(people));
  });
}

void RedisBroker::ReadHistory(std::string room, std::string since,
                              std::function<void(absl::StatusOr<History> history)> done) {
  loop_->Post([this, room = std::move(room), since = std::move(since), done = std::move(done)]() mutable {
    if (leaving_) return;
    if (degraded_) return done(absl::UnavailableError("Redis is away"));
    const net::Clock::time_point deadline = loop_->now() + 2 * settings_.endpoint.command_timeout;
    RoomOf(room).feed.history().Read(std::move(since), deadline, std::move(done));
  });
}

RedisBroker::Room& RedisBroker::RoomOf(const std::string& name) {
  std::unique_ptr<Room>& room = rooms_[name];
  if (room == nullptr) {
    room = std::make_unique<Room>(name, &context_, settings_.presence_ttl);
    rooms_by_channel_[room->feed.channel()] = room.get();
    counters_.rooms.Set(static_cast<std::int64_t>(rooms_.size()));
  }
  return *room;
}

void RedisBroker::TakeIncoming() {
  std::vector<RoomMessage> messages;
  {
    net::MutexLock lock(&mutex_);
    messages.swap(incoming_);
    incoming_bytes_ = 0;
    outbox_bytes_ = context_.outbox.bytes;
  }
  counters_.published.Add(messages.size());
  Room* last = nullptr;
  std::vector<Room*> touched;
  for (RoomMessage& message : messages) {
    Room& room = RoomOf(message.room);
    if (&room != last) touched.push_back(&room);
    last = &room;
    room.feed.Publish(++last_number_, std::move(message));
  }
  if (context_.outbox.bytes > settings_.outbox_bytes) DropOverflow();
  for (Room* room : touched) room->feed.AppendMore();
  Relieve();
}

void RedisBroker::DropOverflow() {
  if (!degraded_) Degrade("the outbox is full");
  const std::uint64_t before = counters_.dropped.value();
  while (context_.outbox.bytes > settings_.outbox_bytes) {
    const auto largest = std::max_element(rooms_.begin(), rooms_.end(), [](const auto& a, const auto& b) {
      return a.second->feed.outbox().bytes() < b.second->feed.outbox().bytes();
    });
    // Drops more than necessary, so that this is rare.
    const std::size_t bytes = context_.outbox.bytes - settings_.outbox_bytes + settings_.outbox_bytes / 16;
    counters_.dropped.Add(largest->second->feed.DropOldest(bytes));
  }
  if (before == dropped_before_) {
    Log(ops::LogLevel::kError, "messages lost for other tasks: the outbox is full",
        {{"bytes", settings_.outbox_bytes}});
  }
}

void RedisBroker::OnLinkUp() {
  counters_.connects.Add();
  last_trouble_.clear();
  {
    net::MutexLock lock(&mutex_);
    link_up_ = true;
  }
  Log(ops::LogLevel::kInfo, "connected to Redis", {{"address", settings_.endpoint.ToString()}});
  cluster_.OnLinkUp();
  for (const auto& [name, room] : rooms_) {
    room->feed.OnLinkUp();
    room->presence.ForgetAnnounced();
  }
}

void RedisBroker::OnLinkDown() {
  down_since_ = loop_->now();
  {
    net::MutexLock lock(&mutex_);
    link_up_ = false;
  }
  for (const auto& [name, room] : rooms_) room->feed.OnLinkDown();
  cluster_.OnLinkDown();
}

void RedisBroker::OnLinkTrouble(const absl::Status& status) {
  counters_.troubles.Add();
  const std::string words(status.message());
  if (words == last_trouble_) return;
  last_trouble_ = words;
  Log(ops::LogLevel::kWarn, "Redis cannot be used", {{"address", settings_.endpoint.ToString()}, {"error", words}});
}

void RedisBroker::OnSubscribed(std::string_view channel) {
  const auto found = rooms_by_channel_.find(channel);
  if (found != rooms_by_channel_.end()) found->second->feed.OnSubscribed();
}

void RedisBroker::OnPublished(std::string_view channel, std::string_view payload) {
  if (cluster_.OnPublished(channel, payload)) return;
  const auto found = rooms_by_channel_.find(channel);
  if (found == rooms_by_channel_.end()) return;
  Room* const room = found->second;
  std::optional<RoomAnnouncement> news = ParseAnnouncement(room->feed.name(), payload);
  if (!news.has_value()) return;
  if (auto* entries = std::get_if<std::vector<RoomEntry>>(&*news)) {
    room->feed.OnEntries(std::move(*entries));
    Relieve();
  } else if (const PresenceAnnouncement& presence = std::get<PresenceAnnouncement>(*news);
             presence.task != settings_.task) {
    room->presence.Note(presence, loop_->now());
  }
}

void RedisBroker::OnTimer(net::Timer*) {
  const net::Clock::time_point now = loop_->now();
  tick_.SetAfter(tick_every_);
  if (leaving_) return LeaveMore(now);
  CheckHealth(now);
  for (const auto& [name, room] : rooms_) Maintain(name, room.get(), now);
  RemoveEmptyRooms();
  cluster_.Tick(now);
  Relieve();
}

void RedisBroker::CheckHealth(net::Clock::time_point now) {
  const net::Clock::time_point late =
      now - std::chrono::duration_cast<net::Clock::duration>(settings_.endpoint.command_timeout);
  if (degraded_) {
    // Waits long enough for a Redis that still hangs to show it.
    if (degraded_since_ <= late && CaughtUp() && context_.outbox.bytes <= kSmallBacklog) Recover();
    return;
  }
  if (!link_.up() && down_since_ <= late) return Degrade("Redis is away");
  if (!LateSince(late)) return;
  Degrade("Redis is slow");
  // No reply is outstanding that could change this.
  if (link_.up() && !link_.busy()) link_.GiveUp(absl::InternalError("Redis did not announce appended messages"));
}

bool RedisBroker::LateSince(net::Clock::time_point since) const {
  return std::any_of(rooms_.begin(), rooms_.end(), [since](const auto& room) {
    const std::optional<net::Clock::time_point> waiting = room.second->feed.outbox().undelivered_since();
    return waiting.has_value() && *waiting <= since;
  });
}

bool RedisBroker::CaughtUp() const {
  return link_.up() &&
         std::all_of(rooms_.begin(), rooms_.end(), [](const auto& room) { return room.second->feed.live(); });
}

void RedisBroker::Degrade(std::string_view why) {
  degraded_ = context_.degraded = true;
  degraded_since_ = loop_->now();
  dropped_before_ = counters_.dropped.value();
  Log(ops::LogLevel::kWarn, "degraded: messages reach this task's clients only", {{"cause", why}});
  for (const auto& [name, room] : rooms_) {
    room->feed.DeliverUndelivered();
    room->feed.history().Fail(absl::UnavailableError("Redis is away"));
  }
}

void RedisBroker::Recover() {
  degraded_ = context_.degraded = false;
  Log(ops::LogLevel::kInfo, "no longer degraded",
      {{"lostForOthers", counters_.dropped.value() - dropped_before_}, {"waiting", context_.outbox.messages}});
}

void RedisBroker::Maintain(const std::string& name, Room* room, net::Clock::time_point now) {
  room->feed.history().Expire(now);
  const RoomPresence::Due due = room->presence.due(now);
  if (link_.up() && due != RoomPresence::Due::kNot) AnnouncePresence(name, room, due);
  std::optional<RoomPresence::Clients> elsewhere = room->presence.RemoteClientsIfChanged(now);
  if (!elsewhere.has_value()) return;
  room->reported_remote_clients = elsewhere->clients;
  listener_->OnPresence(name, elsewhere->clients, std::move(elsewhere->people));
}

void RedisBroker::AnnouncePresence(const std::string& name, Room* room, RoomPresence::Due due) {
  const auto millis = [](std::chrono::nanoseconds time) {
    return absl::StrCat(std::chrono::duration_cast<std::chrono::milliseconds>(time).count());
  };
  room->presence.Announced(loop_->now());
  link_.Call(PresenceScript(), {names_.Presence(name), names_.Stream(name), names_.End(name)},
             {settings_.task, absl::StrCat(room->presence.here()), millis(settings_.presence_ttl),
              due == RoomPresence::Due::kChanged ? room->feed.channel() : "", millis(settings_.history_age),
              millis(kStreamEndAge), PackPeople(room->presence.people_here())},
             [this, name, asked = loop_->now()](const RedisReply& reply) {
               const auto found = rooms_.find(name);
               if (found == rooms_.end() || reply.elements.size() != 2) return;
               if (const auto others = ParsePresence(reply.elements[1]); others.has_value()) {
                 found->second->presence.NoteAll(*others, asked, loop_->now());
               }
               if (const auto last = StreamId::Parse(reply.elements[0].text); last.has_value()) {
                 found->second->feed.OnStreamPosition(*last);
               }
             });
}

// Removes rooms that have neither clients nor messages, after announcing those for which other tasks still have a
// count.
void RedisBroker::RemoveEmptyRooms() {
  std::erase_if(rooms_, [this](const auto& entry) {
    Room& room = *entry.second;
    if (room.presence.here() > 0 || !room.feed.idle()) return false;
    if (link_.up() && room.presence.due(loop_->now()) == RoomPresence::Due::kChanged) return false;
    if (room.reported_remote_clients != 0) listener_->OnPresence(entry.first, 0, {});
    rooms_by_channel_.erase(room.feed.channel());
    return true;
  });
  counters_.rooms.Set(static_cast<std::int64_t>(rooms_.size()));
}

void RedisBroker::Relieve() {
  counters_.outbox_messages.Set(static_cast<std::int64_t>(context_.outbox.messages));
  bool relieved = false;
  {
    net::MutexLock lock(&mutex_);
    outbox_bytes_ = context_.outbox.bytes;
    if (congested_ && (!link_up_ || incoming_bytes_ + outbox_bytes_ < congested_bytes_ / 2)) {
      congested_ = false;
      relieved = true;
    }
  }
  if (relieved && !leaving_) listener_->OnRelieved();
}

void RedisBroker::Leave() {
  TakeIncoming();
  leaving_ = true;
  leave_deadline_ = loop_->now() + std::chrono::duration_cast<net::Clock::duration>(settings_.endpoint.command_timeout);
  for (const auto& [name, room] : rooms_) room->presence.SetHere(0, {});
  LeaveMore(loop_->now());
}

void RedisBroker::LeaveMore(net::Clock::time_point now) {
  const bool late = now >= leave_deadline_;
  if (context_.outbox.messages > 0 && !late) return;
  if (link_.up() && !announced_leave_) {
    announced_leave_ = true;
    for (const auto& [name, room] : rooms_) AnnouncePresence(name, room.get(), RoomPresence::Due::kChanged);
    cluster_.Leave();
  }
  if (late || !link_.busy()) loop_->Stop();
}

void RedisBroker::Log(ops::LogLevel level, std::string_view msg, std::initializer_list<ops::LogField> fields) const {
  logger_->Log(level, std::chrono::system_clock::now(), msg, fields);
}

}  // namespace viaduct::origin
