#include "origin/room/hub.h"

#include <sys/random.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <utility>

#include "origin/message/since.h"
#include "text/string_view.h"

namespace viaduct::origin {
namespace {

// Returns the random base of all epochs of this process.
std::uint64_t RandomNumber() {
  std::uint64_t number;
  // For so few bytes, a read is never short or interrupted.
  if (::getrandom(&number, sizeof number, 0) != sizeof number) std::abort();
  return number;
}

// A one-to-one mapping that looks random (splitmix64), so that epochs of one process differ, and say nothing.
std::uint64_t Mix(std::uint64_t x) {
  x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
  x = (x ^ x >> 27) * 0x94d049bb133111eb;
  return x ^ x >> 31;
}

// Returns the number in a position of this epoch; nullopt for any other position.
std::optional<std::uint64_t> NumberIn(std::string_view position, std::uint64_t epoch) {
  const std::size_t dash = position.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const std::string_view digits = position.substr(dash + 1);
  std::uint64_t number = 0;
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (read.ec != std::errc()) return std::nullopt;
  // The number must have exactly this form, so that a position has one spelling.
  Places::Buffer buffer;
  return Places::Write(epoch, number, &buffer) == position ? std::optional(number) : std::nullopt;
}

}  // namespace

Hub::Hub(const Options& options, std::function<void(std::size_t)> wake)
    : options_(options),
      wake_(std::move(wake)),
      max_room_clients_(options.max_room_clients),
      inboxes_(options.workers),
      removed_(options.max_rooms),
      process_number_(RandomNumber()) {}

Hub::~Hub() = default;

// ---- Clients.

Hub::Joined Hub::Join(std::size_t worker, std::string_view name, std::optional<std::string_view> since,
                      net::Clock::time_point now, const std::optional<ip::IpAddress>& viewer) {
  Joined joined;
  bool relieved = false;
  {
    net::MutexLock lock(&mutex_);
    DropOldHistory(now);
    Room* room = Find(name);
    const bool opens = room == nullptr || room->clients_ == 0;
    net::AddressTally::Seat opener;
    if (opens && viewer.has_value() && name != kDefaultRoom &&
        !opener.Take(options_.viewers, *viewer, kViewerRooms, options_.max_rooms_per_viewer)) {
      return {.refusal = Refusal::kTooManyViewerRooms};
    }
    if (room == nullptr) room = Make(name);
    if (room == nullptr) return {.refusal = Refusal::kTooManyRooms};
    if (room->clients_ >= max_room_clients_) return {.refusal = Refusal::kRoomFull};
    if (opens) {
      abandoned_.erase(room->abandoned_at_);
      room->opener_ = std::move(opener);
    }
    joined.room = room;
    ++room->clients_;
    joined.client_count = room->client_count();
    ++client_count_;
    const Dialect dialect = since ? Dialect::kResuming : Dialect::kPlain;
    ++room->recipients_[Room::Index(dialect)];
    joined.before = Empty(worker, room, &relieved);
    Room::Share* share = FindShare(room, worker);
    if (share == nullptr) share = &room->shares_.emplace_back(Room::Share{.worker = worker});
    ++share->clients[Room::Index(dialect)];
    if (since) {
      ChangeHistory(room, [&](History* history) { history->Age(options_.history, now); });
      joined.time = now;
      Resolve(*since, &joined);
    }
  }
  if (relieved) WakeAllBut(worker);
  return joined;
}

Room* Hub::Find(std::string_view name) {
  const auto found = rooms_.find(text::ToAbsl(name));
  return found == rooms_.end() ? nullptr : found->second.get();
}

std::size_t Hub::CountedRooms() { return rooms_.size() - (Find(kDefaultRoom) != nullptr ? 1 : 0); }

Room* Hub::Make(std::string_view name) {
  const bool counts = name != kDefaultRoom;
  // Rooms without clients are dropped to make room.
  while (counts && CountedRooms() >= options_.max_rooms) {
    const auto unused = std::ranges::find_if(abandoned_, [](const Room* room) { return room->name() != kDefaultRoom; });
    if (unused == abandoned_.end()) return nullptr;
    ChangeHistory(*unused, [](History* history) { history->Clear(); });
  }
  auto made =
      std::make_unique<Room>(std::string(name), Mix(Mix(process_number_) ^ std::hash<std::string_view>()(name)));
  Room* const room = made.get();
  room->last_ = removed_.Take(name);
  room->abandoned_at_ = abandoned_.insert(abandoned_.end(), room);
  if (const auto known = remote_clients_.find(room->name()); known != remote_clients_.end()) {
    room->remote_clients_ = known->second.clients;
    room->roster_.SetRemote(known->second.people);
  }
  rooms_.emplace(room->name(), std::move(made));
  room_count_ = rooms_.size();
  return room;
}

void Hub::Resolve(std::string_view since, Joined* joined) {
  const Room& room = *joined->room;
  joined->epoch = room.epoch_;
  joined->position = room.last_;
  if (since.empty()) return;
  const std::uint64_t before_oldest = room.history_.empty() ? room.last_ : room.history_.oldest() - 1;
  if (const std::optional<std::size_t> newest = NewestAsked(since)) {
    joined->position = std::max(before_oldest, room.last_ - std::min<std::uint64_t>(*newest, room.last_));
    joined->missed = room.history_.After(joined->position);
    return;
  }
  const std::optional<std::uint64_t> number = NumberIn(since, room.epoch_);
  const bool complete = number && *number >= before_oldest && *number <= room.last_;
  joined->resume = complete ? Resume::kComplete : Resume::kGap;
  joined->position = complete ? *number : before_oldest;
  joined->missed = room.history_.After(joined->position);
}

void Hub::EndDelivery(Room* room, Dialect dialect) {
  net::MutexLock lock(&mutex_);
  --room->recipients_[Room::Index(dialect)];
}

int Hub::Leave(std::size_t worker, Room* room, Dialect dialect) {
  bool relieved = false;
  int left;
  {
    net::MutexLock lock(&mutex_);
    --client_count_;
    --room->clients_;
    left = room->client_count();
    Room::Share* const share = FindShare(room, worker);
    --share->clients[Room::Index(dialect)];
    if (share->clients == std::array<int, 2>{}) {
      Empty(worker, room, &relieved);
      *share = std::move(room->shares_.back());
      room->shares_.pop_back();
    }
    if (room->clients_ == 0) {
      room->subscribed_ = false;
      room->opener_ = net::AddressTally::Seat();
      room->abandoned_at_ = abandoned_.insert(abandoned_.end(), room);
      RemoveIfUnused(room);
    }
  }
  if (relieved) WakeAllBut(worker);
  return left;
}

void Hub::RemoveIfUnused(Room* room) {
  if (room->clients_ > 0 || !room->history_.empty()) return;
  removed_.Remember(room->name(), room->last_);
  abandoned_.erase(room->abandoned_at_);
  rooms_.erase(room->name());
  room_count_ = rooms_.size();
}

// ---- Messages.

Hub::Published Hub::Publish(std::size_t worker, Room* room, const std::shared_ptr<Publication>& publication,
                            net::Clock::time_point now) {
  Published published;
  std::vector<std::size_t> to_wake;
  bool relieved = false;
  {
    net::MutexLock lock(&mutex_);
    published.before = Empty(worker, room, &relieved);
    published.recipients = {room->recipients_[0], room->recipients_[1]};
    publication->places = {.epoch = room->epoch_, .first = room->last_ + 1};
    room->last_ += publication->count;
    Append(worker, room, publication, &to_wake);
    Keep(room, *publication, now);
  }
  Wake(to_wake);
  if (relieved) WakeAllBut(worker);
  return published;
}

int Hub::PublishFromOutside(const SharedPublication& publication) {
  std::vector<std::size_t> to_wake;
  int recipients = 0;
  {
    net::MutexLock lock(&mutex_);
    for (const auto& [name, room] : rooms_) {
      recipients += RecipientsOf(*room);
      Append(kOutside, room.get(), publication, &to_wake);
    }
  }
  Wake(to_wake);
  return recipients;
}

int Hub::PublishFromOutside(std::string_view name, const SharedPublication& publication) {
  std::vector<std::size_t> to_wake;
  int recipients = 0;
  {
    net::MutexLock lock(&mutex_);
    if (Room* const room = Find(name)) {
      recipients = RecipientsOf(*room);
      Append(kOutside, room, publication, &to_wake);
    }
  }
  Wake(to_wake);
  return recipients;
}

Hub::RoomCounts Hub::CountRooms(std::size_t limit) {
  RoomCounts counts;
  {
    net::MutexLock lock(&mutex_);
    for (const auto& [name, room] : rooms_) {
      if (room->clients_ == 0) continue;
      ++counts.open;
      if (limit > 0) counts.fullest.push_back({.room = name, .clients = room->clients_});
    }
  }
  const std::size_t kept = std::min(limit, counts.fullest.size());
  std::partial_sort(counts.fullest.begin(), counts.fullest.begin() + static_cast<std::ptrdiff_t>(kept),
                    counts.fullest.end(), [](const RoomCount& a, const RoomCount& b) {
                      return a.clients != b.clients ? a.clients > b.clients : a.room < b.room;
                    });
  counts.fullest.resize(kept);
  return counts;
}

std::vector<Hub::RoomPublications> Hub::Take(std::size_t worker) {
  std::vector<RoomPublications> taken;
  bool relieved;
  {
    net::MutexLock lock(&mutex_);
    Inbox& inbox = inboxes_[worker];
    taken.reserve(inbox.rooms.size());
    for (Room* const room : inbox.rooms) {
      Room::Share* const share = FindShare(room, worker);
      taken.push_back(
          {.room = room, .publications = std::exchange(share->waiting, {}), .lost = std::exchange(share->lost, false)});
      share->bytes = 0;
    }
    inbox.rooms.clear();
    relieved = SetBytes(&inbox, 0);
  }
  if (relieved) WakeAllBut(worker);
  return taken;
}

Room::Share* Hub::FindShare(Room* room, std::size_t worker) {
  const auto found = std::find_if(room->shares_.begin(), room->shares_.end(),
                                  [worker](const Room::Share& share) { return share.worker == worker; });
  return found == room->shares_.end() ? nullptr : &*found;
}

void Hub::Append(std::size_t from, Room* room, const SharedPublication& publication,
                 std::vector<std::size_t>* to_wake) {
  for (Room::Share& share : room->shares_) {
    const bool heard = publication->messages > 0 || share.clients[Room::Index(Dialect::kResuming)] > 0;
    if (share.worker == from || !heard) continue;
    if (!publication->sent.empty() && Overflows(&share, publication, to_wake)) continue;
    Inbox& inbox = inboxes_[share.worker];
    if (inbox.rooms.empty()) to_wake->push_back(share.worker);
    if (share.waiting.empty()) inbox.rooms.push_back(room);
    share.waiting.push_back(publication);
    share.bytes += publication->bytes();
    SetBytes(&inbox, inbox.bytes + publication->bytes());
  }
}

bool Hub::Overflows(Room::Share* share, const SharedPublication& publication, std::vector<std::size_t>* to_wake) {
  Inbox& inbox = inboxes_[share->worker];
  if (share->lost) return true;
  if (share->waiting.empty() || inbox.bytes + publication->bytes() <= options_.max_waiting_from_broker_bytes) {
    return false;
  }
  // The room stays in the list for which the worker was woken. The single publication marks its place.
  share->lost = true;
  share->waiting.resize(1);
  const std::size_t left = share->waiting.front()->bytes();
  if (SetBytes(&inbox, inbox.bytes - std::exchange(share->bytes, left) + left)) {
    for (std::size_t worker = 0; worker < options_.workers; ++worker) to_wake->push_back(worker);
  }
  return true;
}

Publications Hub::Empty(std::size_t worker, Room* room, bool* relieved) {
  Room::Share* const share = FindShare(room, worker);
  if (share == nullptr || share->waiting.empty()) return {};
  // Take reports the loss.
  if (share->lost && share->clients != std::array<int, 2>{}) return {};
  Inbox& inbox = inboxes_[worker];
  const auto place = std::find(inbox.rooms.begin(), inbox.rooms.end(), room);
  *place = inbox.rooms.back();
  inbox.rooms.pop_back();
  *relieved = SetBytes(&inbox, inbox.bytes - std::exchange(share->bytes, 0));
  return std::exchange(share->waiting, {});
}

bool Hub::SetBytes(Inbox* inbox, std::size_t bytes) {
  const bool was_congested = inbox->bytes > options_.max_waiting_bytes;
  inbox->bytes = bytes;
  const bool is_congested = bytes > options_.max_waiting_bytes;
  if (was_congested == is_congested) return false;
  congested_workers_ += is_congested ? 1 : -1;
  return congested_workers_ == 0;
}

int Hub::RecipientsOf(const Room& room) { return room.recipients_[0] + room.recipients_[1]; }

void Hub::Wake(const std::vector<std::size_t>& workers) {
  for (const std::size_t worker : workers) wake_(worker);
}

void Hub::WakeAllBut(std::size_t worker) {
  for (std::size_t other = 0; other < options_.workers; ++other) {
    if (other != worker) wake_(other);
  }
}

// ---- Other tasks.

void Hub::SetRemoteClients(std::string_view name, int clients, People people) {
  const absl::string_view key = text::ToAbsl(name);
  net::MutexLock lock(&mutex_);
  if (Room* const room = Find(name)) {
    room->remote_clients_ = clients;
    room->roster_.SetRemote(people);
  }
  const auto known = remote_clients_.find(key);
  if (known != remote_clients_.end() && clients == 0) {
    remote_clients_.erase(known);
  } else if (known != remote_clients_.end()) {
    known->second = {.clients = clients, .people = std::move(people)};
  } else if (clients > 0 && (name == kDefaultRoom || remote_clients_.size() < options_.max_rooms)) {
    remote_clients_.emplace(key, RemoteClients{.clients = clients, .people = std::move(people)});
  }
}

int Hub::LocalClients(std::string_view name) {
  net::MutexLock lock(&mutex_);
  const Room* const room = Find(name);
  return room == nullptr ? 0 : room->clients_.load();
}

People Hub::LocalPeople(std::string_view name) {
  net::MutexLock lock(&mutex_);
  Room* const room = Find(name);
  return room == nullptr ? People() : room->roster_.Local();
}

// ---- History.

template <typename Change>
void Hub::ChangeHistory(Room* room, Change change) {
  History& history = room->history_;
  const std::size_t bytes_before = history.bytes();
  const bool was_empty = history.empty();
  change(&history);
  history_bytes_ += history.bytes() - bytes_before;
  if (was_empty && !history.empty()) room->by_age_ = by_age_.insert(by_age_.end(), room);
  if (was_empty || !history.empty()) return;
  by_age_.erase(room->by_age_);
  RemoveIfUnused(room);
}

void Hub::Keep(Room* room, const Publication& publication, net::Clock::time_point now) {
  ChangeHistory(room, [&](History* history) {
    history->Add(options_.history, publication.echoes, publication.places.first, publication.count, now);
  });
  if (!room->history_.empty()) by_age_.splice(by_age_.end(), by_age_, room->by_age_);
  while (history_bytes_ > options_.max_all_history_bytes) {
    ChangeHistory(by_age_.front(), [](History* history) { history->Clear(); });
  }
}

void Hub::DropOldHistory(net::Clock::time_point now) {
  // A room's whole history is too old when its latest message is too old.
  while (!by_age_.empty() && now - by_age_.front()->history_.newest_time() > options_.history.max_age) {
    ChangeHistory(by_age_.front(), [](History* history) { history->Clear(); });
  }
}

void Hub::Sweep(net::Clock::time_point now) {
  net::MutexLock lock(&mutex_);
  DropOldHistory(now);
}

}  // namespace viaduct::origin
