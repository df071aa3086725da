#include "bench/load/chat_load.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "bench/bare_socket.h"
#include "bench/failure.h"
#include "bench/load/answer.h"
#include "bench/load/chat_message.h"
#include "bench/load/edge_head.h"
#include "bench/load/load.h"
#include "bench/load/welcome.h"

namespace viaduct::bench {
namespace {

constexpr std::size_t kReadBytes = 262144;
// Handshakes under way at the same time while clients are opened.
constexpr std::size_t kOpenAtOnce = 64;

std::string Target(std::size_t room, std::size_t rooms) {
  return rooms == 1 ? "/websocket" : "/websocket?room=room-" + std::to_string(room);
}

}  // namespace

ChatLoad::ChatLoad(const LoadOptions& options)
    : Load(options),
      messages_(options.payload_bytes),
      block_(kReadBytes),
      period_(options.pace == 0 ? 0 : std::nano::den / options.pace) {
  for (std::size_t room = 0; room < options_.rooms; ++room) heads_.emplace_back(Target(room, options_.rooms));
}

std::size_t ChatLoad::RoomSize(std::size_t room) const {
  return (members_.size() + options_.rooms - 1 - room) / options_.rooms;
}

Report ChatLoad::Open(std::size_t count) {
  report_ = Report();
  const std::size_t all = members_.size() + count;
  ids_.resize(all);
  while (opened_ < all) {
    while (members_.size() < all && members_.size() < opened_ + kOpenAtOnce) Connect();
    TurnOrFail();
  }
  for (std::size_t i = all - count; i < all; ++i) messages_.AddMember(ids_[i]);
  report_.Finish();
  return report_;
}

void ChatLoad::Connect() {
  const std::size_t number = members_.size();
  const bool second = options_.also && number / options_.rooms % 2 == 1;
  Member& member = members_.emplace_back();
  member.fd = ConnectTo(second ? *options_.also : options_.target, number % options_.sources);
  member.under_way.resize(1);
  member.under_way[0].begun = Goal::Clock::now();
  Watch(epoll_.get(), member.fd.get(), number);
  member.unsent = heads_[RoomOf(number)].Request(number);
  Send(member);
}

void ChatLoad::PrepareSenders() {
  const std::size_t all = members_.size();
  senders_ = options_.senders == 0 ? all : std::min(options_.senders * options_.rooms, all);
  for (std::size_t i = 0; i < senders_; ++i) members_[i].under_way.resize(options_.depth);
  for (std::size_t i = 0; i < all; ++i) {
    std::vector<std::uint32_t>& expected = members_[i].expected;
    for (std::size_t sender = RoomOf(i) + expected.size() * options_.rooms; sender < senders_;
         sender += options_.rooms) {
      expected.push_back(members_[sender].begun);
    }
  }
}

Report ChatLoad::Run(Goal goal) {
  if (members_.empty()) Fail("a run needs open connections");
  PrepareSenders();
  report_ = Report();
  done_ = false;
  due_ = Goal::Clock::now();
  BeginSome(goal);
  while (under_way_ > 0 || !done_) {
    Wait();
    BeginSome(goal);
  }
  report_.Finish();
  return report_;
}

void ChatLoad::BeginSome(Goal& goal) {
  const auto now = Goal::Clock::now();
  const std::size_t active = options_.active == 0 ? senders_ : std::min(options_.active, senders_);
  const std::size_t most = active * options_.depth;
  if (period_.count() == 0) {
    while (!done_ && under_way_ < most) done_ = !BeginNext(goal, now);
  } else if (!done_ && now >= due_ && under_way_ < most) {
    // A late message is not made up for, because that would be a burst.
    due_ = std::max(due_ + period_, now);
    done_ = !BeginNext(goal, now);
  }
  for (const std::size_t number : to_flush_) Send(members_[number]);
  to_flush_.clear();
}

bool ChatLoad::BeginNext(Goal& goal, Goal::Clock::time_point now) {
  if (!goal.Begin(now)) return false;
  while (members_[next_].begun - members_[next_].finished == options_.depth) next_ = (next_ + 1) % senders_;
  const std::size_t number = next_;
  Member& sender = members_[number];
  sender.under_way[sender.begun % options_.depth] = {.begun = now, .missing = RoomSize(RoomOf(number))};
  if (sender.unsent.empty()) to_flush_.push_back(number);
  messages_.AppendFrame(static_cast<std::uint32_t>(number), sender.begun, &sender.unsent);
  ++sender.begun;
  ++under_way_;
  progress_ = now;
  next_ = (next_ + 1) % senders_;
  return true;
}

void ChatLoad::Wait() {
  if (period_.count() == 0) return TurnOrFail();
  const auto now = Goal::Clock::now();
  if (under_way_ > 0 && now - progress_ > std::chrono::minutes(1)) Fail("no delivery within a minute");
  Turn(std::max(std::chrono::ceil<std::chrono::milliseconds>(due_ - now), std::chrono::milliseconds(1)));
}

void ChatLoad::Send(Member& member) {
  std::size_t done = 0;
  while (done < member.unsent.size()) {
    const std::ptrdiff_t sent = SendSome(member.fd.get(), std::string_view(member.unsent).substr(done));
    if (sent < 0) FailWithErrno("send");
    if (sent == 0) break;
    done += static_cast<std::size_t>(sent);
  }
  member.unsent.erase(0, done);
}

void ChatLoad::React(std::uint64_t tag) {
  Member& member = members_[tag];
  if (!member.unsent.empty()) Send(member);
  while (true) {
    const ssize_t size = ::recv(member.fd.get(), block_.data(), block_.size(), 0);
    if (size < 0 && errno == EAGAIN) return;
    if (size < 0) FailWithErrno("recv");
    if (size == 0) Fail("client " + std::to_string(tag) + " was disconnected");
    Consume(tag, {block_.data(), static_cast<std::size_t>(size)});
    // A short read: there is no more, and an edge reports new data.
    if (static_cast<std::size_t>(size) < block_.size()) return;
  }
}

void ChatLoad::Consume(std::size_t number, std::string_view bytes) {
  Member& member = members_[number];
  std::string held;
  if (!member.kept.empty()) {
    held.swap(member.kept);
    held.append(bytes);
    bytes = held;
  }
  if (!member.open) bytes.remove_prefix(ConsumeOpening(number, bytes));
  while (member.open && !bytes.empty()) {
    const std::optional<ChatMessages::Delivery> delivery = messages_.Read(bytes);
    if (!delivery) break;
    Count(number, *delivery);
    bytes.remove_prefix(delivery->frame_bytes);
  }
  member.kept = bytes;
}

std::size_t ChatLoad::ConsumeOpening(std::size_t number, std::string_view bytes) {
  Member& member = members_[number];
  std::size_t used = 0;
  if (!member.upgraded) {
    const std::optional<Answer> answer = ReadAnswer(bytes);
    if (!answer) return 0;
    heads_[RoomOf(number)].Check(number, *answer);
    member.upgraded = true;
    used = answer->head_bytes;
  }
  const std::optional<Welcome> welcome = ReadWelcome(bytes.substr(used));
  if (!welcome) return used;
  ids_[number] = welcome->id;
  member.open = true;
  ++opened_;
  report_.Add(Goal::Clock::now() - member.under_way[0].begun, 0);
  return used + welcome->frame_bytes;
}

void ChatLoad::Count(std::size_t number, const ChatMessages::Delivery& delivery) {
  Member& member = members_[number];
  const auto fail = [&](const std::string& how) { Fail("client " + std::to_string(number) + " got " + how); };
  if (delivery.sender >= senders_ || RoomOf(delivery.sender) != RoomOf(number)) fail("a message of another room");
  if (delivery.echo != (delivery.sender == number)) fail("an echo for a broadcast, or the reverse");
  Member& sender = members_[delivery.sender];
  std::uint32_t& expected = member.expected[delivery.sender / options_.rooms];
  if (delivery.number != expected || expected == sender.begun) {
    fail("message " + std::to_string(delivery.number) + " of client " + std::to_string(delivery.sender) +
         " instead of " + std::to_string(expected));
  }
  ++expected;
  Sending& sending = sender.under_way[delivery.number % options_.depth];
  if (--sending.missing > 0) return;
  ++sender.finished;
  --under_way_;
  progress_ = Goal::Clock::now();
  const std::size_t members = RoomSize(RoomOf(number));
  report_.Add(progress_ - sending.begun, members * options_.payload_bytes, members);
}

}  // namespace viaduct::bench
