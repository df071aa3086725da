// A connection against a real redis-server, and against peers that misbehave.
#include "origin/broker/redis/client/redis_connection.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "net/address.h"
#include "net/event_loop.h"
#include "net/listener.h"
#include "net/tls_context.h"
#include "net/unique_fd.h"
#include "tests/net/run_loop.h"
#include "tests/origin/broker/redis/client/redis_server.h"
#include "tests/support/test_certificates.h"

namespace viaduct::origin {
namespace {

using std::chrono::milliseconds;

// A connection and all calls of its owner.
class Told final : public RedisConnection::Owner {
 public:
  explicit Told(RedisEndpoint endpoint, milliseconds command_timeout = std::chrono::seconds(20)) {
    endpoint.command_timeout = command_timeout;
    connection = std::make_unique<RedisConnection>(loop.get(), endpoint, this);
  }

  void OnRedisReady(RedisConnection*) override { ready = true; }
  void OnRedisPush(RedisConnection*, RedisReply push) override { pushes.push_back(std::move(push)); }
  void OnRedisFailed(RedisConnection*, const absl::Status& status) override {
    failure = status;
    loop->Retire(std::move(connection));
  }

  bool Ready() {
    return net::RunUntil(loop.get(), [&] { return ready || failed(); }) && ready;
  }
  std::string Failure() {
    net::RunUntil(loop.get(), [&] { return failed(); });
    return std::string(failure.message());
  }
  bool failed() const { return connection == nullptr; }
  RedisReply Ask(const RedisCommand& command) {
    std::optional<RedisReply> answer;
    connection->Send(command, [&](RedisReply reply) { answer = std::move(reply); });
    net::RunUntil(loop.get(), [&] { return answer.has_value() || failed(); });
    return answer.value_or(RedisReply{.kind = RedisReply::Kind::kError, .text = "failed"});
  }

  const std::unique_ptr<net::EventLoop> loop = net::MakeLoop();
  bool ready = false;
  absl::Status failure;
  std::vector<RedisReply> pushes;
  std::unique_ptr<RedisConnection> connection;
};

// Accepts a connection and sends whatever a test wants.
class RawServer {
 public:
  RawServer() : listener_(net::BindListener(net::SocketAddress::Parse("127.0.0.1:0").value()).value()) {}

  RedisEndpoint Endpoint() const {
    RedisEndpoint endpoint;
    endpoint.host = "127.0.0.1";
    endpoint.port = net::SocketAddress::OfSocket(listener_.get()).port();
    return endpoint;
  }
  bool Accepted() {
    if (!peer_) peer_ = net::UniqueFd(::accept(listener_.get(), nullptr, nullptr));
    return static_cast<bool>(peer_);
  }
  void Say(std::string_view bytes) { ::send(peer_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL); }
  // Closes this direction only: closing the socket with unread data would cause a reset.
  void Close() { ::shutdown(peer_.get(), SHUT_WR); }

 private:
  net::UniqueFd listener_;
  net::UniqueFd peer_;
};

TEST(RedisConnectionTest, AnswersComeInTheOrderOfTheirCommands) {
  const RedisServer server;
  Told told(server.Endpoint());
  ASSERT_TRUE(told.Ready());
  std::vector<std::string> answers;
  const auto note = [&](RedisReply reply) { answers.push_back(reply.text); };
  for (int i = 0; i < 1000; ++i) told.connection->Send({"ECHO", std::to_string(i)}, note);
  ASSERT_TRUE(net::RunUntil(told.loop.get(), [&] { return answers.size() == 1000; }));
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(answers[static_cast<std::size_t>(i)], std::to_string(i));
}

TEST(RedisConnectionTest, EveryKindOfAnswerIsRead) {
  const RedisServer server;
  Told told(server.Endpoint());
  ASSERT_TRUE(told.Ready());
  EXPECT_EQ(told.Ask({"SET", "k", "v"}).kind, RedisReply::Kind::kStatus);
  EXPECT_EQ(told.Ask({"GET", "k"}).text, "v");
  EXPECT_EQ(told.Ask({"GET", "none"}).kind, RedisReply::Kind::kNil);
  EXPECT_EQ(told.Ask({"INCR", "n"}).integer, 1);
  EXPECT_EQ(told.Ask({"NONSENSE"}).error_code(), "ERR");
  const std::string binary("\0\r\n\xff", 4);
  const RedisReply nested = told.Ask({"EVAL", "return {1, {ARGV[1], {}}, false}", "0", binary});
  ASSERT_EQ(nested.elements.size(), 3u);
  EXPECT_EQ(nested.elements[1].elements[0].text, binary);
  EXPECT_EQ(nested.elements[1].elements[1].kind, RedisReply::Kind::kArray);
}

TEST(RedisConnectionTest, LargeArgumentsAndAnswersPass) {
  const RedisServer server;
  Told told(server.Endpoint());
  ASSERT_TRUE(told.Ready());
  const std::string large(8 << 20, 'x');
  EXPECT_EQ(told.Ask({"ECHO", large}).text, large);
}

TEST(RedisConnectionTest, SubscriptionsArePushesAndPingsAreAnswers) {
  const RedisServer server;
  Told told(server.Endpoint());
  ASSERT_TRUE(told.Ready());
  told.connection->SendSubscription({"SUBSCRIBE", "a", "b"});
  EXPECT_EQ(told.Ask({"PING"}).elements.at(0).text, "pong");
  server.Ask({"PUBLISH", "b", "hello"});
  ASSERT_TRUE(net::RunUntil(told.loop.get(), [&] { return told.pushes.size() == 3; }));
  EXPECT_EQ(told.pushes[0].elements[0].text, "subscribe");
  EXPECT_EQ(told.pushes[2].elements[1].text, "b");
  EXPECT_EQ(told.pushes[2].elements[2].text, "hello");
}

TEST(RedisConnectionTest, APasswordIsAskedForAndGiven) {
  const RedisServer server({.password = "secret"});
  EXPECT_TRUE(Told(server.Endpoint()).Ready());

  RedisEndpoint wrong = server.Endpoint();
  wrong.password = "guess";
  Told refused(wrong);
  const std::string words = refused.Failure();
  EXPECT_EQ(words.rfind("AUTH: WRONGPASS", 0), 0u) << words;
  EXPECT_EQ(words.find("guess"), std::string::npos);
  EXPECT_FALSE(refused.ready);

  RedisEndpoint none = server.Endpoint();
  none.password = "";
  Told silent(none);
  EXPECT_EQ(silent.Failure().rfind("PING: NOAUTH", 0), 0u) << silent.failure;
}

TEST(RedisConnectionTest, AUserAndADatabaseAreChosen) {
  const RedisServer server({.config = {"user chat on >pass ~* &* +@all"}});
  RedisEndpoint endpoint = server.Endpoint();
  endpoint.username = "chat";
  endpoint.password = "pass";
  endpoint.database = 3;
  Told told(endpoint);
  ASSERT_TRUE(told.Ready());
  EXPECT_EQ(told.Ask({"ACL", "WHOAMI"}).text, "chat");
  EXPECT_NE(told.Ask({"CLIENT", "INFO"}).text.find(" db=3 "), std::string::npos);

  endpoint.database = 99;
  Told outside(endpoint);
  EXPECT_EQ(outside.Failure().rfind("SELECT: ERR", 0), 0u) << outside.failure;
}

TEST(RedisConnectionTest, SpeaksTlsOnlyWithWhomItExpects) {
  const TestAuthority authority("ca");
  const TestAuthority other("other");
  const TestIdentity identity = authority.Issue("redis");
  const RedisServer server({.certificate = identity.certificate, .private_key = identity.private_key});
  RedisEndpoint endpoint = server.TlsEndpoint();

  for (const std::string name : {"localhost", "127.0.0.1"}) {
    endpoint.tls = net::TlsContext::CreateClient(authority.certificate(), name).value();
    Told told(endpoint);
    ASSERT_TRUE(told.Ready()) << told.failure;
    const std::string large(3 << 20, 'x');
    EXPECT_EQ(told.Ask({"ECHO", large}).text, large);
  }
  endpoint.tls = net::TlsContext::CreateClient(authority.certificate(), "redis.example.com").value();
  EXPECT_EQ(Told(endpoint).Failure(), "TLS handshake: hostname mismatch");
  endpoint.tls = net::TlsContext::CreateClient(other.certificate(), "localhost").value();
  EXPECT_EQ(Told(endpoint).Failure(), "TLS handshake: unable to get local issuer certificate");
  endpoint.tls = nullptr;
  EXPECT_NE(Told(endpoint).Failure(), "");
}

TEST(RedisConnectionTest, NobodyThereIsSaid) {
  RedisEndpoint endpoint;
  endpoint.host = "/nonexistent/redis.sock";
  endpoint.is_unix = true;
  EXPECT_EQ(Told(endpoint).Failure(), "connecting to unix:/nonexistent/redis.sock: No such file or directory");
}

TEST(RedisConnectionTest, SilenceFailsACommandAtItsDeadline) {
  RedisServer server;
  milliseconds timeout(200);
  auto ready = std::make_unique<Told>(server.Endpoint(), timeout);
  // Allows as much time as this machine needs to begin at all.
  while (!ready->Ready() && timeout < std::chrono::seconds(20)) {
    ready = std::make_unique<Told>(server.Endpoint(), timeout *= 2);
  }
  Told& told = *ready;
  ASSERT_TRUE(told.ready);
  server.Pause();
  const auto before = told.loop->now();  // from which the deadline counts
  bool answered = false;
  told.connection->Send({"PING"}, [&](RedisReply) { answered = true; });
  EXPECT_EQ(told.Failure(), "command: no answer in time");
  EXPECT_GE(net::Clock::now() - before, timeout);
  EXPECT_FALSE(answered);
}

TEST(RedisConnectionTest, ASilentPeerFailsTheBeginningAtItsDeadline) {
  const RawServer server;
  Told told(server.Endpoint(), milliseconds(100));
  EXPECT_EQ(told.Failure(), "AUTH, SELECT and PING: no answer in time");
}

TEST(RedisConnectionTest, AnAnsweredCommandLeavesNoDeadlineBehind) {
  milliseconds timeout(300);
  bool ready = false;
  // Allows as much time as this machine needs to begin at all.
  for (; !ready && timeout < std::chrono::seconds(10); timeout *= 2) {
    RawServer server;
    Told told(server.Endpoint(), timeout);
    ASSERT_TRUE(net::RunUntil(told.loop.get(), [&] { return server.Accepted(); }));
    server.Say("+PONG\r\n");
    ready = told.Ready();
    if (!ready) continue;
    const auto later = net::Clock::now() + 2 * timeout;
    ASSERT_TRUE(net::RunUntil(told.loop.get(), [&] { return net::Clock::now() > later; }));
    EXPECT_FALSE(told.failed());
  }
  EXPECT_TRUE(ready);
}

TEST(RedisConnectionTest, PeersThatBreakTheProtocolAreLeft) {
  const struct {
    std::string words;
    std::string failure;
  } kRows[] = {
      {"HTTP/1.1 400 Bad Request\r\n", "Protocol error, got \"H\" as reply type byte"},
      {"+PONG\r\n+PONG\r\n", "unexpected reply"},
      {"*2000000000\r\n", "a reply of more than 1000 bytes or 131072 elements"},
      {"$2000\r\n" + std::string(2000, 'x') + "\r\n", "a reply of more than 1000 bytes or 131072 elements"},
      {"$2000000000\r\n" + std::string(100'000, 'x'), "a reply of more than 1000 bytes"},
      {"+PO", "Redis closed the connection"},
  };
  for (const auto& row : kRows) {
    RawServer server;
    RedisEndpoint endpoint = server.Endpoint();
    endpoint.max_reply_bytes = 1000;
    Told told(endpoint);
    ASSERT_TRUE(net::RunUntil(told.loop.get(), [&] { return server.Accepted(); }));
    server.Say(row.words);
    if (row.words == "+PO") server.Close();
    EXPECT_EQ(told.Failure(), row.failure);
  }
}

TEST(RedisConnectionTest, WhatTlsBreaksLaterIsToldInItsWords) {
  const TestAuthority authority("ours");
  const TestIdentity identity = authority.Issue("localhost");
  // In TLS 1.3 the client's handshake is over before the server asks for its certificate in vain.
  const RedisServer server({.certificate = identity.certificate,
                            .private_key = identity.private_key,
                            .config = {"tls-auth-clients yes", "tls-ca-cert-dir /etc/ssl/certs"}});
  RedisEndpoint endpoint = server.TlsEndpoint();
  endpoint.tls = net::TlsContext::CreateClient(authority.certificate(), "localhost").value();
  EXPECT_EQ(Told(endpoint).Failure(), "reading: TLS: tlsv13 alert certificate required");
}

TEST(RedisConnectionTest, ARefusedSubscriptionIsAFailureInRedissWords) {
  RawServer server;
  Told told(server.Endpoint());
  ASSERT_TRUE(net::RunUntil(told.loop.get(), [&] { return server.Accepted(); }));
  server.Say("+PONG\r\n");
  ASSERT_TRUE(told.Ready());
  told.connection->SendSubscription({"SUBSCRIBE", "c"});
  told.connection->Send({"PING"}, [](RedisReply) {});
  server.Say("-NOPERM No permissions to access a channel\r\n");
  EXPECT_EQ(told.Failure(), "NOPERM No permissions to access a channel");
}

}  // namespace
}  // namespace viaduct::origin
