#include "origin/broker/redis/room/room_presence.h"

#include <algorithm>
#include <cstdint>
#include <limits>

namespace viaduct::origin {
namespace {

constexpr auto kLongest = std::chrono::hours(1);

}  // namespace

RoomPresence::Due RoomPresence::due(net::Clock::time_point now) const {
  if (announced_ != here_) return Due::kChanged;
  return now - announced_at_ >= holds_ / 3 ? Due::kAgain : Due::kNot;
}

void RoomPresence::Announced(net::Clock::time_point now) {
  announced_ = here_;
  announced_at_ = now;
}

void RoomPresence::Note(const PresenceAnnouncement& news, net::Clock::time_point now) {
  if (others_.size() >= kMaxTasks && !others_.contains(news.task)) return;
  // A jump of Redis's clock must not keep a task's count for ever.
  const net::Clock::duration left =
      std::clamp<net::Clock::duration>(std::chrono::milliseconds(news.millis), {}, kLongest);
  others_[news.task] = {.here = {.clients = news.clients, .people = news.people}, .said = now, .until = now + left};
}

void RoomPresence::NoteAll(const std::vector<PresenceAnnouncement>& all, net::Clock::time_point asked,
                           net::Clock::time_point now) {
  std::erase_if(others_, [asked](const auto& other) { return other.second.said < asked; });
  for (const PresenceAnnouncement& news : all) {
    if (!others_.contains(news.task)) Note(news, now);
  }
}

std::optional<RoomPresence::Clients> RoomPresence::RemoteClientsIfChanged(net::Clock::time_point now) {
  std::erase_if(others_, [now](const auto& other) { return other.second.until <= now; });
  std::int64_t sum = 0;
  Clients elsewhere;
  for (const auto& [task, other] : others_) {
    sum += other.here.clients;
    for (const Person& person : other.here.people) {
      if (elsewhere.people.size() <= kMaxPeopleTold) elsewhere.people.push_back(person);
    }
  }
  elsewhere.clients = static_cast<int>(std::min<std::int64_t>(sum, std::numeric_limits<int>::max()));
  if (elsewhere == remote_) return std::nullopt;
  remote_ = elsewhere;
  return elsewhere;
}

}  // namespace viaduct::origin
