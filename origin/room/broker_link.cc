#include "origin/room/broker_link.h"

#include <span>
#include <utility>

#include "absl/strings/str_cat.h"
#include "origin/broker/task_name.h"
#include "origin/message/message_batch.h"

namespace viaduct::origin {
namespace {

// Returns the encoded messages of one room.
SharedPublication Encoded(std::span<RoomMessage> messages) {
  MessageBatch batch;
  for (const RoomMessage& message : messages) {
    batch.Add(nullptr, message.sender, /*binary=*/false, message.text, MessageBatch::Audience::kEveryone, message.name);
  }
  MessageBatch::Taken taken = batch.Take();
  Publication& publication = *taken.publication;
  publication.sent.reserve(messages.size());
  publication.places.named.reserve(messages.size());
  for (const MessageBatch::Entry& entry : taken.entries) {
    publication.sent.push_back({.sender = entry.id, .part = entry.part});
  }
  for (RoomMessage& message : messages) {
    publication.places.named.push_back({.position = std::move(message.position), .id = std::move(message.id)});
  }
  return std::move(taken.publication);
}

}  // namespace

BrokerLink::BrokerLink(Hub* hub) : hub_(hub), task_(NewTaskName()) {}
BrokerLink::~BrokerLink() = default;

absl::Status BrokerLink::Start(const MakeBroker& make) {
  absl::StatusOr<std::unique_ptr<Broker>> broker = make(this);
  if (!broker.ok()) return broker.status();
  broker_ = *std::move(broker);
  return absl::OkStatus();
}

void BrokerLink::Publish(std::vector<RoomMessage> messages) {
  std::uint64_t number = last_id_.fetch_add(messages.size());
  for (RoomMessage& message : messages) message.id = absl::StrCat(task_, "-", ++number);
  broker_->Publish(std::move(messages));
}

void BrokerLink::UpdatePresence(std::string_view room) {
  net::MutexLock lock(&updating_);
  broker_->SetPresence(room, hub_->LocalClients(room), hub_->LocalPeople(room));
}

void BrokerLink::ReadHistory(std::string room, std::string since,
                             std::function<void(absl::StatusOr<Broker::History>)> done) {
  broker_->ReadHistory(std::move(room), std::move(since), std::move(done));
}

void BrokerLink::OnMessages(std::vector<RoomMessage> messages) {
  std::span<RoomMessage> rest = messages;
  while (!rest.empty()) {
    std::size_t count = 1;
    while (count < rest.size() && rest[count].room == rest[0].room) ++count;
    const std::string room = rest[0].room;
    // Without clients here nobody waits for the messages: a client that joins later reads the history.
    if (hub_->LocalClients(room) > 0) hub_->PublishFromOutside(room, Encoded(rest.first(count)));
    rest = rest.subspan(count);
  }
}

void BrokerLink::OnPresence(std::string_view room, int remote_clients, People people) {
  hub_->SetRemoteClients(room, remote_clients, std::move(people));
}

void BrokerLink::OnRelieved() { hub_->WakeAll(); }

}  // namespace viaduct::origin
