#include "tests/origin/broker/redis/broker_fixture.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <future>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"

namespace viaduct::origin {
namespace {

constexpr auto kPatience = std::chrono::seconds(20);

RedisBrokerSettings SettingsFor(const std::string& task, const RedisEndpoint& endpoint,
                                const TestBroker::Options& options) {
  RedisBrokerSettings settings;
  settings.task = task;
  settings.key_prefix = "viaduct";
  settings.endpoint = endpoint;
  settings.read_files = options.read_files;
  settings.endpoint.command_timeout = options.command_timeout;
  settings.back_off_first = std::chrono::milliseconds(10);
  settings.back_off_last = std::chrono::milliseconds(100);
  settings.presence_ttl = options.presence_ttl;
  settings.outbox_bytes = options.outbox_bytes;
  settings.stream_messages = options.history_messages;
  settings.history_messages = options.history_messages;
  return settings;
}

}  // namespace

bool Eventually(const std::function<bool()>& fact) {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (!fact()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

TestBroker::TestBroker(const std::string& task, RedisEndpoint endpoint, const Options& options)
    : client(UuidSource().Next()), task_(task), sink_(STDERR_FILENO), logger_(&sink_) {
  broker_ = RedisBroker::Start(SettingsFor(task, endpoint, options), this, &logger_).value();
}

TestBroker::~TestBroker() = default;

void TestBroker::Say(const std::string& room, const std::string& text) {
  RoomMessage message{.room = room, .sender = client, .id = "", .text = text, .position = ""};
  {
    net::MutexLock lock(&mutex_);
    message.id = absl::StrCat(task_, "-", ++said_);
  }
  std::vector<RoomMessage> messages;
  messages.push_back(std::move(message));
  broker_->Publish(std::move(messages));
}

void TestBroker::Join(const std::string& room) {
  broker_->SetPresence(room, 1, {});
  EXPECT_TRUE(Eventually([&] { return History(room, "").ok(); }));
}

std::vector<RoomMessage> TestBroker::Messages(const std::string& room) const {
  net::MutexLock lock(&mutex_);
  const auto found = messages_.find(room);
  return found == messages_.end() ? std::vector<RoomMessage>() : found->second;
}

std::vector<std::string> TestBroker::Texts(const std::string& room) const {
  std::vector<std::string> texts;
  for (const RoomMessage& message : Messages(room)) texts.push_back(message.text);
  return texts;
}

bool TestBroker::Await(const std::string& room, std::size_t count) const {
  return Eventually([&] { return Messages(room).size() >= count; });
}

int TestBroker::Elsewhere(const std::string& room) const {
  net::MutexLock lock(&mutex_);
  const auto found = elsewhere_.find(room);
  return found == elsewhere_.end() ? -1 : found->second;
}

People TestBroker::PeopleElsewhere(const std::string& room) const {
  net::MutexLock lock(&mutex_);
  const auto found = people_elsewhere_.find(room);
  return found == people_elsewhere_.end() ? People() : found->second;
}

int TestBroker::relieved() const {
  net::MutexLock lock(&mutex_);
  return relieved_;
}

absl::StatusOr<Broker::History> TestBroker::History(const std::string& room, const std::string& since) {
  absl::StatusOr<Broker::History> history = HistoryPage(room, since);
  while (history.ok() && history->more) {
    absl::StatusOr<Broker::History> page = HistoryPage(room, history->messages.back().position);
    if (!page.ok()) return page;
    EXPECT_EQ(page->kind, Broker::History::Kind::kComplete);
    for (RoomMessage& message : page->messages) history->messages.push_back(std::move(message));
    history->more = page->more;
  }
  return history;
}

absl::StatusOr<Broker::History> TestBroker::HistoryPage(const std::string& room, const std::string& since) {
  auto promise = std::make_shared<std::promise<absl::StatusOr<Broker::History>>>();
  auto future = promise->get_future();
  broker_->ReadHistory(room, since,
                       [promise](absl::StatusOr<Broker::History> history) { promise->set_value(std::move(history)); });
  if (future.wait_for(kPatience) == std::future_status::ready) return future.get();
  ADD_FAILURE() << "no answer from ReadHistory";
  return absl::DeadlineExceededError("test");
}

void TestBroker::OnMessages(std::vector<RoomMessage> messages) {
  net::MutexLock lock(&mutex_);
  for (RoomMessage& message : messages) {
    std::vector<RoomMessage>& room = messages_[message.room];
    room.push_back(std::move(message));
  }
}

void TestBroker::OnPresence(std::string_view room, int remote_clients, People people) {
  net::MutexLock lock(&mutex_);
  elsewhere_[std::string(room)] = remote_clients;
  people_elsewhere_[std::string(room)] = std::move(people);
}

void TestBroker::OnRelieved() {
  net::MutexLock lock(&mutex_);
  ++relieved_;
}

}  // namespace viaduct::origin
