#include "origin/broker/redis/room/room_outbox.h"

#include <algorithm>
#include <utility>

namespace viaduct::origin {

std::size_t RoomOutbox::BytesOf(const RoomMessage& message) {
  return sizeof(Waiting) + message.room.size() + message.id.size() + message.text.size() + message.name.size();
}

RoomOutbox::~RoomOutbox() {
  while (!waiting_.empty()) PopFront();
}

void RoomOutbox::Push(std::uint64_t number, net::Clock::time_point now, RoomMessage message) {
  bytes_ += BytesOf(message);
  total_->bytes += BytesOf(message);
  ++total_->messages;
  waiting_.push_back({.number = number, .since = now, .message = std::move(message)});
}

std::vector<const RoomOutbox::Waiting*> RoomOutbox::NextBatch(std::size_t max_messages, std::size_t max_bytes) {
  std::vector<const Waiting*> batch;
  if (in_flight_) return batch;
  auto next = std::upper_bound(waiting_.begin(), waiting_.end(), appended_,
                               [](std::uint64_t number, const Waiting& one) { return number < one.number; });
  std::size_t bytes = 0;
  for (; next != waiting_.end() && batch.size() < max_messages; ++next) {
    bytes += BytesOf(next->message);
    if (!batch.empty() && bytes > max_bytes) break;
    batch.push_back(&*next);
  }
  in_flight_ = !batch.empty();
  return batch;
}

void RoomOutbox::Appended(std::uint64_t number) {
  in_flight_ = false;
  appended_ = std::max(appended_, number);
  PopDone();
}

void RoomOutbox::Delivered(std::uint64_t number) {
  delivered_ = std::max(delivered_, number);
  PopDone();
}

void RoomOutbox::Arrived(std::uint64_t number) {
  appended_ = std::max(appended_, number);
  Delivered(number);
}

std::vector<RoomMessage> RoomOutbox::TakeUndelivered() {
  std::vector<RoomMessage> messages;
  for (const Waiting& one : waiting_) {
    if (one.number > delivered_) messages.push_back(one.message);
  }
  if (!waiting_.empty()) Delivered(waiting_.back().number);
  return messages;
}

std::optional<net::Clock::time_point> RoomOutbox::undelivered_since() const {
  const auto first = std::upper_bound(waiting_.begin(), waiting_.end(), delivered_,
                                      [](std::uint64_t number, const Waiting& one) { return number < one.number; });
  if (first == waiting_.end()) return std::nullopt;
  return first->since;
}

std::size_t RoomOutbox::DropOldest(std::size_t bytes) {
  const std::size_t before = waiting_.size();
  const std::size_t enough = bytes_ - std::min(bytes, bytes_);
  while (bytes_ > enough && waiting_.front().number <= delivered_) PopFront();
  return before - waiting_.size();
}

void RoomOutbox::PopDone() {
  while (!waiting_.empty() && waiting_.front().number <= std::min(appended_, delivered_)) PopFront();
}

void RoomOutbox::PopFront() {
  bytes_ -= BytesOf(waiting_.front().message);
  total_->bytes -= BytesOf(waiting_.front().message);
  --total_->messages;
  waiting_.pop_front();
}

}  // namespace viaduct::origin
