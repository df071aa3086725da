#include "origin/broker/redis/room/room_presence.h"

#include <algorithm>
#include <cstdint>
#include <limits>

namespace viaduct::origin {
namespace {

constexpr auto kLongest = std::chrono::hours(1);

}  // namespace

RoomPresence::Due RoomPresence::due(net::Clock::time_point now) const {
  if (said_ != here_) return Due::kNews;
  return now - said_at_ >= holds_ / 3 ? Due::kAgain : Due::kNot;
}

void RoomPresence::Said(net::Clock::time_point now) {
  said_ = here_;
  said_at_ = now;
}

void RoomPresence::Note(const PresenceNews& news, net::Clock::time_point now) {
  if (others_.size() >= kMaxTasks && !others_.contains(news.task)) return;
  // A clock of Redis's that jumps must not keep anybody for ever.
  const net::Clock::duration left =
      std::clamp<net::Clock::duration>(std::chrono::milliseconds(news.millis), {}, kLongest);
  others_[news.task] = {.clients = news.clients, .said = now, .until = now + left};
}

void RoomPresence::NoteAll(const std::vector<PresenceNews>& all, net::Clock::time_point asked,
                           net::Clock::time_point now) {
  std::erase_if(others_, [asked](const auto& other) { return other.second.said < asked; });
  for (const PresenceNews& news : all) {
    if (!others_.contains(news.task)) Note(news, now);
  }
}

std::optional<int> RoomPresence::ElsewhereIfChanged(net::Clock::time_point now) {
  std::erase_if(others_, [now](const auto& other) { return other.second.until <= now; });
  std::int64_t sum = 0;
  for (const auto& [task, other] : others_) sum += other.clients;
  const int elsewhere = static_cast<int>(std::min<std::int64_t>(sum, std::numeric_limits<int>::max()));
  if (elsewhere == elsewhere_) return std::nullopt;
  elsewhere_ = elsewhere;
  return elsewhere;
}

}  // namespace viaduct::origin
