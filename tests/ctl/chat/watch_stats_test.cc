// viaductctl watch, stats and health, run against a fake chat.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <string>
#include <vector>

#include "tests/ctl/chat/fake_chat.h"
#include "tests/ctl/program.h"

namespace viaduct::ctl {
namespace {

using admin::v1::Event;
using admin::v1::GetStatsResponse;
using admin::v1::WatchEventsResponse;
using Requests = std::vector<std::string>;

constexpr char kId[] = "7c9e6679-7425-40de-944b-e07fc1f90ae7";

WatchEventsResponse MakeEvent(Event::Kind kind) {
  WatchEventsResponse update;
  Event& event = *update.mutable_event();
  event.set_kind(kind);
  event.mutable_time()->set_seconds(1'793'695'545);
  event.mutable_time()->set_nanos(123'000'000);
  event.set_connection("connections/" + std::string(kId));
  event.set_client_count(12);
  return update;
}

// One of each kind, then some that were missed.
std::vector<WatchEventsResponse> OneOfEach() {
  WatchEventsResponse connected = MakeEvent(Event::CONNECTED);
  connected.mutable_event()->set_viewer_address("203.0.113.9");
  WatchEventsResponse message = MakeEvent(Event::MESSAGE);
  message.mutable_event()->set_bytes(5);
  message.mutable_event()->set_broadcast_count(11);
  WatchEventsResponse disconnected = MakeEvent(Event::DISCONNECTED);
  disconnected.mutable_event()->set_close_code(1001);
  disconnected.mutable_event()->set_close_reason("bye\x1b[2J");
  WatchEventsResponse broadcast = MakeEvent(Event::BROADCAST);
  broadcast.mutable_event()->clear_connection();
  broadcast.mutable_event()->set_client_count(0);
  broadcast.mutable_event()->set_from("Ops");
  broadcast.mutable_event()->set_bytes(7);
  broadcast.mutable_event()->set_broadcast_count(12);
  broadcast.mutable_event()->set_all_rooms(true);
  WatchEventsResponse dropped;
  dropped.set_dropped(42);
  return {connected, message, disconnected, broadcast, dropped};
}

std::vector<std::string> Words(const FakeChat& chat, const std::vector<std::string>& arguments) {
  std::vector<std::string> words = {ViaductctlPath(), "--endpoint", chat.endpoint()};
  words.insert(words.end(), arguments.begin(), arguments.end());
  return words;
}

Ended Ctl(const FakeChat& chat, const std::vector<std::string>& arguments, const ProgramOptions& options = {}) {
  return Program(Words(chat, arguments), options).Wait();
}

TEST(WatchTest, EachEventIsALineAndMissedOnesAreCounted) {
  EnterTestDirectory();
  ChatScript script;
  script.updates = OneOfEach();
  const FakeChat chat(script);
  Program watch(Words(chat, {"watch"}), {});
  watch.AwaitOutput("missed");
  watch.Signal(SIGINT);
  const Ended ended = watch.Wait();
  EXPECT_EQ(ended.signal, SIGINT);
  EXPECT_EQ(ended.out,
            "2026-11-03T08:45:45.123Z  connected     7c9e6679-7425-40de-944b-e07fc1f90ae7  viewer=203.0.113.9 open=12\n"
            "2026-11-03T08:45:45.123Z  message       7c9e6679-7425-40de-944b-e07fc1f90ae7  bytes=5 text recipients=11 "
            "open=12\n"
            "2026-11-03T08:45:45.123Z  disconnected  7c9e6679-7425-40de-944b-e07fc1f90ae7  code=1001 "
            "reason=\"bye\\x1b[2J\" open=12\n"
            "2026-11-03T08:45:45.123Z  broadcast     all rooms  from=\"Ops\" bytes=7 text recipients=12\n"
            "missed 42 events: this watch reads too slowly\n");
  EXPECT_EQ(ended.err, "watching unix:chat.sock; press Ctrl-C to stop\n");
  EXPECT_EQ(chat.requests(), Requests{"WatchEvents{}"});
}

TEST(WatchTest, OfAllTasksEachLineNamesItsTask) {
  EnterTestDirectory();
  WatchEventsResponse begun;
  begun.mutable_task_watch()->set_task("one");
  begun.mutable_task_watch()->set_state(admin::v1::TaskWatch::BEGUN);
  WatchEventsResponse event = MakeEvent(Event::CONNECTED);
  event.mutable_event()->set_task("one");
  WatchEventsResponse lost;
  lost.mutable_task_watch()->set_state(admin::v1::TaskWatch::LOST);
  lost.mutable_task_watch()->set_message("Redis is away");
  WatchEventsResponse resumed;
  resumed.mutable_task_watch()->set_state(admin::v1::TaskWatch::RESUMED);
  WatchEventsResponse dropped;
  dropped.set_dropped(1);
  dropped.set_task("one");
  ChatScript script;
  script.updates = {begun, event, lost, resumed, dropped};
  const FakeChat chat(script);
  Program watch(Words(chat, {"watch", "--cluster"}), {});
  watch.AwaitOutput("missed");
  watch.Signal(SIGINT);
  EXPECT_EQ(
      watch.Wait().out,
      "watching task one\n"
      "2026-11-03T08:45:45.123Z  one                 connected     7c9e6679-7425-40de-944b-e07fc1f90ae7  viewer=- "
      "open=12\n"
      "lost the other tasks: Redis is away\n"
      "watching the other tasks again\n"
      "missed 1 event of task one\n");
  EXPECT_EQ(chat.requests(), Requests{"WatchEvents{scope: CLUSTER}"});
}

TEST(WatchTest, JsonIsOneObjectALine) {
  EnterTestDirectory();
  ChatScript script;
  script.updates = OneOfEach();
  const FakeChat chat(script);
  Program watch(Words(chat, {"watch", "--json"}), {});
  watch.AwaitOutput("\"dropped\"");
  watch.Signal(SIGINT);
  const Ended ended = watch.Wait();
  EXPECT_EQ(std::count(ended.out.begin(), ended.out.end(), '\n'), 6);
  EXPECT_EQ(ended.out.substr(0, 15), "{\"started\":{}}\n");
  EXPECT_NE(ended.out.find("\"kind\":\"DISCONNECTED\""), std::string::npos) << ended.out;
  EXPECT_NE(ended.out.find("\"close_code\":1001,\"close_reason\":\"bye\\u001b[2J\""), std::string::npos) << ended.out;
  EXPECT_NE(ended.out.find("\n{\"dropped\":42}\n"), std::string::npos) << ended.out;
  EXPECT_EQ(ended.err, "");
}

TEST(WatchTest, KindsAreAskedFor) {
  EnterTestDirectory();
  const FakeChat chat({});
  Program watch(Words(chat, {"watch", "--kinds", "connected,disconnected,message"}), {});
  watch.AwaitError("watching");
  EXPECT_EQ(chat.requests(), Requests{"WatchEvents{kinds: CONNECTED kinds: DISCONNECTED kinds: MESSAGE}"});
}

TEST(WatchTest, ItOutlivesTheTimeoutOfACall) {
  EnterTestDirectory();
  ChatScript script;
  script.updates = OneOfEach();
  script.updates_after = std::chrono::milliseconds(5200);
  const FakeChat chat(script);
  Program watch(Words(chat, {"watch", "--timeout", "5s"}), {});
  watch.AwaitOutput("missed");
  watch.Signal(SIGINT);
  EXPECT_EQ(watch.Wait().signal, SIGINT);
}

TEST(WatchTest, AChatThatGoesAwayEndsIt) {
  EnterTestDirectory();
  FakeChat chat({});
  Program watch(Words(chat, {"watch"}), {});
  watch.AwaitError("watching");
  chat.Stop();
  const Ended ended = watch.Wait();
  EXPECT_EQ(ended.exit_code, 3) << ended.err;
  EXPECT_NE(ended.err.find("\nviaductctl: "), std::string::npos) << ended.err;
}

TEST(WatchTest, AChatThatEndsItIsExitCodeThree) {
  EnterTestDirectory();
  ChatScript script;
  script.watch_end = grpc::Status::OK;
  const FakeChat chat(script);
  const Ended ended = Ctl(chat, {"watch"});
  EXPECT_EQ(ended.exit_code, 3);
  EXPECT_EQ(ended.err, "watching unix:chat.sock; press Ctrl-C to stop\nviaductctl: the chat ended the watch\n");
}

TEST(WatchTest, AConnectionThatIsCutIsNotTakenForOneThatNeverWas) {
  EnterTestDirectory();
  ChatScript script;
  script.watch_end = grpc::Status(grpc::StatusCode::UNAVAILABLE, "Socket closed");
  const FakeChat chat(script, "127.0.0.1:0");
  const Ended ended = Ctl(chat, {"watch"});
  EXPECT_EQ(ended.exit_code, 3);
  EXPECT_NE(ended.err.find(" has ended: Socket closed: has the chat stopped, or is its admin.tcp.max_connection_age "
                           "over? Start again\n"),
            std::string::npos)
      << ended.err;
  EXPECT_EQ(ended.err.find("TLS"), std::string::npos) << ended.err;
}

TEST(WatchTest, AChatThatDoesNotAnswerIsTimedOut) {
  EnterTestDirectory();
  ChatScript script;
  script.silent = true;
  const FakeChat chat(script);
  const Ended ended = Ctl(chat, {"watch", "--timeout", "100ms"});
  EXPECT_EQ(ended.exit_code, 3);
  EXPECT_EQ(ended.err, "viaductctl: no answer from unix:chat.sock within 100ms: use --timeout to wait longer\n");
}

TEST(WatchTest, ARefusalHasItsExitCode) {
  EnterTestDirectory();
  ChatScript script;
  script.status = grpc::Status(grpc::StatusCode::PERMISSION_DENIED, "no");
  const FakeChat chat(script);
  const Ended ended = Ctl(chat, {"watch"});
  EXPECT_EQ(ended.exit_code, 4);
  EXPECT_EQ(ended.err, "viaductctl: the chat does not permit this: no\n");
}

TEST(WatchTest, AClosedPipeEndsItQuietlyEvenWhereTheSignalWasIgnored) {
  EnterTestDirectory();
  std::signal(SIGPIPE, SIG_IGN);
  ChatScript script;
  script.stats.emplace_back();
  const FakeChat chat(script);
  Program stats(Words(chat, {"stats", "--watch", "--interval", "20ms"}), {});
  stats.AwaitOutput("\n");
  stats.CloseOutput();
  const Ended ended = stats.Wait();
  EXPECT_EQ(ended.signal, SIGPIPE);
  EXPECT_EQ(ended.err, "");
}

GetStatsResponse MakeStats() {
  GetStatsResponse stats;
  stats.set_version("0.1.0");
  stats.mutable_start_time()->set_seconds(1'793'695'545);
  stats.mutable_uptime()->set_seconds(3 * 3600 + 12 * 60);
  stats.set_connections_open(12);
  stats.set_connections_total(340);
  stats.set_messages_received(100);
  stats.set_bytes_received(1229);
  stats.set_messages_delivered(1100);
  stats.set_bytes_delivered(13519);
  stats.set_slow_consumers(1);
  (*stats.mutable_closes())[1006] = 3;
  (*stats.mutable_closes())[1000] = 325;
  return stats;
}

TEST(StatsTest, CountsAreShown) {
  EnterTestDirectory();
  ChatScript script;
  script.stats = {MakeStats()};
  const FakeChat chat(script);
  const Ended ended = Ctl(chat, {"stats"});
  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_EQ(ended.out,
            "version         0.1.0\n"
            "state           serving\n"
            "up              3h12m, since 2026-11-03T08:45:45.000Z\n"
            "connections     12 open, 340 in total\n"
            "received        100 messages, 1.2 KiB\n"
            "delivered       1100 messages, 13.2 KiB\n"
            "slow consumers  1\n"
            "closes by code  1000: 325, 1006: 3\n"
            "closes pending  0\n"
            "rooms           0 open\n"
            "tasks           -\n");
}

TEST(StatsTest, JsonIsTheAnswer) {
  EnterTestDirectory();
  ChatScript script;
  script.stats = {MakeStats()};
  const FakeChat chat(script);
  const Ended ended = Ctl(chat, {"stats", "--json"});
  EXPECT_NE(ended.out.find("\"connections_open\":12"), std::string::npos) << ended.out;
  EXPECT_NE(ended.out.find("\"draining\":false"), std::string::npos) << ended.out;
}

TEST(StatsTest, WatchingShowsRatesSinceTheLineBefore) {
  EnterTestDirectory();
  GetStatsResponse later = MakeStats();
  later.mutable_uptime()->set_seconds(later.uptime().seconds() + 2);
  later.set_connections_open(15);
  later.set_connections_total(344);
  later.set_messages_received(105);
  later.set_bytes_received(1229 + 2458);
  later.set_messages_delivered(1101);
  later.set_draining(true);
  GetStatsResponse restarted = MakeStats();
  restarted.mutable_uptime()->set_seconds(1);
  ChatScript script;
  script.stats = {MakeStats(), later, restarted};
  const FakeChat chat(script);
  Program stats(Words(chat, {"stats", "--watch", "--interval", "10ms"}), {});
  stats.AwaitOutputLines(4);
  stats.Signal(SIGINT);
  const std::string out = stats.Wait().out;

  const std::size_t first = out.find('\n') + 1;
  const std::size_t second = out.find('\n', first) + 1;
  EXPECT_EQ(
      out.substr(0, first),
      "                    TIME     OPEN   OPENED   MSGS-IN/s  MSGS-OUT/s        IN/s       OUT/s   SLOW  STATE\n");
  EXPECT_EQ(out.substr(first + 24, second - first - 24),
            "       12        -           -           -           -           -      1  serving\n");
  EXPECT_EQ(out.substr(second + 24, out.find('\n', second) - second - 24),
            "       15        4         2.5         0.5     1.2 KiB         0 B      1  draining");
  const std::size_t third = out.find('\n', second) + 1;
  EXPECT_EQ(out.substr(third + 24, out.find('\n', third) - third - 24),
            "       12        -           -           -           -           -      1  serving");
}

TEST(StatsTest, TheDefaultIntervalIsTwoSeconds) {
  EnterTestDirectory();
  ChatScript script;
  script.stats = {MakeStats()};
  const FakeChat chat(script);
  Program stats(Words(chat, {"stats", "--watch", "--no-headers"}), {});
  stats.AwaitOutputLines(1);
  const auto first = std::chrono::steady_clock::now();
  stats.AwaitOutputLines(2);
  EXPECT_GT(std::chrono::steady_clock::now() - first, std::chrono::milliseconds(1500));
}

TEST(StatsTest, WatchingAsJsonIsOneObjectALine) {
  EnterTestDirectory();
  ChatScript script;
  script.stats = {MakeStats()};
  const FakeChat chat(script);
  Program stats(Words(chat, {"stats", "--watch", "--json", "--interval", "10ms"}), {});
  stats.AwaitOutput("}\n{");
  stats.Signal(SIGINT);
  EXPECT_EQ(stats.Wait().out[0], '{');
}

TEST(HealthTest, AServingChatIsExitCodeZero) {
  EnterTestDirectory();
  const FakeChat chat({});
  const Ended ended = Ctl(chat, {"health"});
  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_EQ(ended.out, "SERVING\n");
  EXPECT_EQ(Ctl(chat, {"health", "--json"}).out, "{\"status\":\"SERVING\"}\n");
}

TEST(HealthTest, ADrainingChatIsExitCodeOne) {
  EnterTestDirectory();
  ChatScript script;
  script.healthy = false;
  const FakeChat chat(script);
  const Ended ended = Ctl(chat, {"health"});
  EXPECT_EQ(ended.exit_code, 1);
  EXPECT_EQ(ended.out, "NOT_SERVING\n");
  EXPECT_EQ(ended.err, "viaductctl: the chat is not serving: its health is NOT_SERVING\n");
}

}  // namespace
}  // namespace viaduct::ctl
