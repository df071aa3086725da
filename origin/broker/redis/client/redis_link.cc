#include "origin/broker/redis/client/redis_link.h"

#include <random>
#include <utility>

#include "absl/strings/str_cat.h"
#include "net/quiet_thread.h"
#include "text/string_view.h"

namespace viaduct::origin {
namespace {

RedisCommand RunCommand(std::string_view run, std::string_view script, std::string_view key_count,
                        const std::vector<std::string>& keys, const std::vector<std::string>& arguments) {
  RedisCommand command = {run, script, key_count};
  command.insert(command.end(), keys.begin(), keys.end());
  command.insert(command.end(), arguments.begin(), arguments.end());
  return command;
}

}  // namespace

RedisLink::RedisLink(net::EventLoop* loop, Settings settings, Owner* owner)
    : loop_(loop),
      settings_(std::move(settings)),
      owner_(owner),
      back_off_(settings_.back_off_first, settings_.back_off_last, std::random_device()()),
      retry_(loop, this),
      ping_(loop, this) {}

RedisLink::~RedisLink() {
  if (reader_.joinable()) reader_.join();
}

void RedisLink::Start() { Connect(); }

void RedisLink::Connect() {
  if (!HasFiles(settings_.endpoint)) return ConnectTo(settings_.endpoint);
  // Not on this thread: a file system may hang, and this thread delivers to clients while Redis is away.
  reader_ = net::StartQuietThread([this] {
    loop_->Post(
        [this, endpoint = settings_.read_files(settings_.endpoint)]() mutable { OnFilesRead(std::move(endpoint)); });
  });
}

void RedisLink::OnFilesRead(absl::StatusOr<RedisEndpoint> endpoint) {
  reader_.join();
  endpoint.ok() ? ConnectTo(*endpoint) : Retry(endpoint.status());
}

void RedisLink::ConnectTo(const RedisEndpoint& endpoint) {
  commands_.reset(new RedisConnection(loop_, endpoint, this));
  subscriptions_.reset(new RedisConnection(loop_, endpoint, this));
}

void RedisLink::OnRedisReady(RedisConnection*) {
  if (!commands_->ready() || !subscriptions_->ready()) return;
  up_ = true;
  ++times_up_;
  up_since_ = loop_->now();
  ping_.SetAfter(settings_.endpoint.command_timeout / 2);
  owner_->OnLinkUp();
}

void RedisLink::OnRedisPush(RedisConnection*, RedisReply push) {
  const std::string& kind = push.elements[0].text;
  const std::string& channel = push.elements[1].text;
  if (kind == "message") return owner_->OnPublished(channel, push.elements[2].text);
  if (kind != "subscribe") return;
  const auto expected = expected_.find(channel);
  if (expected == expected_.end() || --expected->second > 0) return;
  expected_.erase(expected);
  owner_->OnSubscribed(channel);
}

void RedisLink::OnRedisFailed(RedisConnection* connection, const absl::Status& status) {
  GiveUp(absl::Status(status.code(),
                      absl::StrCat(connection == commands_.get() ? "" : "subscription: ", status.message())));
}

void RedisLink::GiveUp(absl::Status why) {
  if (commands_ == nullptr) return;
  for (std::unique_ptr<RedisConnection>* connection : {&commands_, &subscriptions_}) {
    (*connection)->Abandon();
    loop_->Retire(std::move(*connection));
  }
  expected_.clear();
  ping_.Cancel();
  // A link that goes down soon after coming up does not reset the back-off.
  if (up_ && loop_->now() - up_since_ >= settings_.back_off_last) back_off_.Reset();
  const bool was_up = std::exchange(up_, false);
  Retry(why);
  if (was_up) owner_->OnLinkDown();
}

void RedisLink::Retry(const absl::Status& why) {
  retry_.SetAfter(back_off_.Next());
  owner_->OnLinkTrouble(why);
}

void RedisLink::OnTimer(net::Timer* timer) {
  if (timer == &retry_) return Connect();
  ping_.SetAfter(settings_.endpoint.command_timeout / 2);
  Ping();
}

void RedisLink::Ping() {
  for (RedisConnection* connection : {commands_.get(), subscriptions_.get()}) {
    if (connection->unanswered() == 0) connection->Send({"PING"}, [](RedisReply) {});
  }
}

void RedisLink::Answered(const RedisReply& reply, std::string_view to) {
  GiveUp(absl::UnavailableError(absl::StrCat(text::ToAbsl(to), ": ", reply.text)));
}

void RedisLink::Call(const RedisScript& script, const std::vector<std::string>& keys,
                     const std::vector<std::string>& arguments, Done done) {
  if (!up_) return;
  const std::string key_count = absl::StrCat(keys.size());
  // Redis forgets its scripts when it restarts. Then the script's text is sent with the arguments.
  const auto finish = [this](RedisReply reply, Done& finished) {
    if (reply.is_error()) return Answered(reply, "script");
    finished(std::move(reply));
  };
  commands_->Send(
      RunCommand("EVALSHA", script.sha1, key_count, keys, arguments),
      [this, finish, script = &script, key_count, keys, arguments, done = std::move(done)](RedisReply reply) mutable {
        if (reply.error_code() != "NOSCRIPT") return finish(std::move(reply), done);
        commands_->Send(
            RunCommand("EVAL", script->text, key_count, keys, arguments),
            [finish, done = std::move(done)](RedisReply second) mutable { finish(std::move(second), done); });
      });
}

void RedisLink::Publish(std::string_view channel, std::string_view payload) {
  if (!up_) return;
  commands_->Send({"PUBLISH", channel, payload}, [this](RedisReply reply) {
    if (reply.is_error()) Answered(reply, "PUBLISH");
  });
}

void RedisLink::Subscribe(const std::string& channel) {
  if (!up_) return;
  ++expected_[channel];
  subscriptions_->SendSubscription({"SUBSCRIBE", channel});
}

void RedisLink::Unsubscribe(const std::string& channel) {
  if (up_) subscriptions_->SendSubscription({"UNSUBSCRIBE", channel});
}

}  // namespace viaduct::origin
