// viaductctl: closing many connections, drain and settings, run against a fake chat.
#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "tests/ctl/chat/fake_chat.h"
#include "tests/ctl/program.h"

namespace viaduct::ctl {
namespace {

using Requests = std::vector<std::string>;

ChatScript Closing(int closes, std::vector<admin::v1::GetStatsResponse> stats = {}) {
  ChatScript script;
  script.closes = closes;
  script.stats = std::move(stats);
  return script;
}

ChatScript Draining(std::vector<admin::v1::Drain> drains) {
  ChatScript script;
  script.drains = std::move(drains);
  return script;
}

Ended Ctl(const FakeChat& chat, std::vector<std::string> words, const ProgramOptions& options = {}) {
  words.insert(words.end(), {"--endpoint", chat.endpoint()});
  return RunViaductctl(words, options);
}

admin::v1::GetStatsResponse Pending(int count) {
  admin::v1::GetStatsResponse stats;
  stats.set_closes_pending(count);
  return stats;
}

admin::v1::Drain DrainOf(admin::v1::Drain::State state, int open) {
  admin::v1::Drain drain;
  drain.set_state(state);
  drain.set_cause(admin::v1::Drain::OPERATOR);
  drain.set_open(open);
  drain.set_open_at_start(20);
  return drain;
}

TEST(CloseManyTest, TheFilterIsSentAsItIsSaid) {
  EnterTestDirectory();
  const FakeChat chat(Closing(12));
  EXPECT_EQ(
      Ctl(chat, {"connections", "close", "--room", "lobby", "--viewer", "203.0.113.0/24", "--peer-range=10.0.0.0/8",
                 "--age", "1h30m", "--idle", "1500ms", "--code", "4001", "--reason", "bye", "--spread", "5m"})
          .out,
      "closing 12 connections on unix:chat.sock with code 4001 over 5m0s\n");
  EXPECT_EQ(Ctl(chat, {"connections", "close", "--all", "--dry-run"}).out,
            "would close 12 connections on unix:chat.sock with code 1000\n");
  EXPECT_EQ(Ctl(chat, {"connections", "close", "--room", "", "--json"}).out, "{\"count\":12,\"unanswered\":[]}\n");
  EXPECT_EQ(chat.requests(),
            (Requests{"CloseConnections{filter { room: \"lobby\" viewer_range: \"203.0.113.0/24\" peer_range: "
                      "\"10.0.0.0/8\" open_longer_than { seconds: 5400 } idle_longer_than { seconds: 1 nanos: "
                      "500000000 } } code: 4001 reason: \"bye\" spread { seconds: 300 }}",
                      "CloseConnections{all: true code: 1000 validate_only: true}",
                      "CloseConnections{filter { room: \"\" } code: 1000}"}));
}

TEST(CloseManyTest, WaitShowsHowFarItIs) {
  EnterTestDirectory();
  const FakeChat chat(Closing(10, {Pending(10), Pending(5), Pending(0)}));
  const Ended piped = Ctl(chat, {"connections", "close", "--all", "--spread", "1s", "--wait"});
  EXPECT_EQ(piped.out, "closed 10 connections on unix:chat.sock with code 1000\n");
  EXPECT_EQ(piped.err, "closing: 0 of 10\nclosing: 5 of 10\nclosing: 10 of 10\n");
}

TEST(ClusterTest, WhatAnAnswerLacksIsToldOnStandardError) {
  EnterTestDirectory();
  ChatScript script = Closing(2, {Pending(0)});
  script.connections = {MakeConnection("8e5ba2b4-6d51-4b0e-9d4f-2f7c1c1f4a10", std::chrono::seconds(90))};
  admin::v1::UnansweredTask& others = script.unanswered.emplace_back();
  others.set_code(14);
  others.set_message("Redis is away");
  admin::v1::UnansweredTask& task = script.unanswered.emplace_back(others);
  task.set_task("ip-10-0-0-7.k2");
  task.set_message("no answer in time");
  const FakeChat chat(script);
  const std::string partial =
      "viaductctl: partial answer, without the other tasks: Redis is away\n"
      "viaductctl: partial answer, without task ip-10-0-0-7.k2: no answer in time\n";
  for (std::vector<std::string> words : std::vector<std::vector<std::string>>{{"stats"},
                                                                              {"connections", "list"},
                                                                              {"connections", "get", "8e5b"},
                                                                              {"connections", "close", "--all"},
                                                                              {"broadcast", "maintenance"}}) {
    SCOPED_TRACE(words.back());
    EXPECT_EQ(Ctl(chat, words).err, "") << "one task is asked";
    words.push_back("--cluster");
    const Ended ended = Ctl(chat, words);
    EXPECT_EQ(ended.exit_code, 0);
    EXPECT_NE(ended.out, "");
    EXPECT_EQ(ended.err, partial);
  }
}

TEST(DrainTest, WaitEndsWhenNobodyIsLeft) {
  EnterTestDirectory();
  const FakeChat chat(Draining({DrainOf(admin::v1::Drain::DRAINING, 20), DrainOf(admin::v1::Drain::DRAINING, 8),
                                DrainOf(admin::v1::Drain::DRAINED, 0)}));
  const Ended ended = Ctl(chat, {"drain", "--spread", "2m", "--wait"});
  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_EQ(ended.err, "draining: 0 of 20\ndraining: 12 of 20\ndraining: 20 of 20\n");
  EXPECT_NE(ended.out.find("state          drained\n"), std::string::npos) << ended.out;
  EXPECT_NE(ended.out.find("connections    0 open of 20\n"), std::string::npos) << ended.out;
  EXPECT_EQ(chat.requests().front(), "Drain{spread { seconds: 120 }}");
}

TEST(DrainTest, ADrainThatIsTakenBackEndsTheWait) {
  EnterTestDirectory();
  const FakeChat chat(Draining({DrainOf(admin::v1::Drain::SERVING, 20)}));
  const Ended ended = Ctl(chat, {"drain", "--wait"});
  EXPECT_EQ(ended.exit_code, 1);
  EXPECT_EQ(ended.err, "viaductctl: the drain was cancelled\n");
  EXPECT_NE(Ctl(chat, {"status"}).out.find("state          serving\n"), std::string::npos);
  EXPECT_EQ(Ctl(chat, {"undrain", "--json"}).exit_code, 0);
  EXPECT_EQ(chat.requests().back(), "CancelDrain{}");
}

TEST(ConfirmTest, ADrainAsksAtATerminalOnly) {
  EnterTestDirectory();
  const FakeChat chat(Draining({DrainOf(admin::v1::Drain::SERVING, 20)}));
  const std::string question = "take the chat on unix:chat.sock out of service, which has 20 open? [y/N] ";
  const Ended no = Ctl(chat, {"drain"}, {.typed = "n\n"});
  EXPECT_EQ(no.exit_code, 1);
  EXPECT_EQ(no.err, question + "viaductctl: not confirmed: nothing was changed\n");
  EXPECT_EQ(chat.requests(), Requests{"GetDrain{}"});
  const Ended yes = Ctl(chat, {"drain"}, {.typed = "y\n"});
  EXPECT_EQ(yes.exit_code, 0);
  EXPECT_EQ(yes.err, question);
  EXPECT_EQ(chat.requests().back(), "Drain{}");
  EXPECT_EQ(Ctl(chat, {"drain", "--yes"}, {.typed = ""}).err, "");
  EXPECT_EQ(Ctl(chat, {"drain"}).err, "") << "a script is not asked";
}

TEST(ConfirmTest, AllAreCountedBeforeTheyAreClosed) {
  EnterTestDirectory();
  const FakeChat chat(Closing(340));
  const Ended ended = Ctl(chat, {"connections", "close", "--all"}, {.typed = "YES\n"});
  EXPECT_EQ(ended.err, "close all 340 connections on unix:chat.sock? [y/N] ");
  EXPECT_EQ(ended.out, "closing 340 connections on unix:chat.sock with code 1000\n");
  EXPECT_EQ(chat.requests(), (Requests{"CloseConnections{all: true code: 1000 validate_only: true}",
                                       "CloseConnections{all: true code: 1000}"}));
  EXPECT_EQ(Ctl(chat, {"connections", "close", "--room", "x"}, {.typed = "n\n"}).exit_code, 0) << "a filter is enough";
}

TEST(ContextTargetTest, AChangeNamesTheContextAndTheEndpoint) {
  EnterTestDirectory();
  std::ofstream("contexts.yaml") << "current: prod\ncontexts:\n- {name: prod, chat: 'unix:chat.sock'}\n";
  const FakeChat chat(Closing(1));
  const std::vector<std::string> file = {"VIADUCT_CONTEXTS=contexts.yaml"};
  EXPECT_EQ(RunViaductctl({"connections", "close", "--all"}, {.environment = file}).out,
            "closing 1 connection on prod (unix:chat.sock) with code 1000\n");
}

TEST(SettingsTest, AreShownAndChangedByName) {
  EnterTestDirectory();
  ChatScript script;
  script.settings.set_max_connections(20000);
  script.settings.set_log_messages(true);
  const FakeChat chat(script);
  EXPECT_EQ(Ctl(chat, {"settings", "get"}).out,
            "max_message_bytes  0\n"
            "max_connections    20000\n"
            "max_room_clients   0\n"
            "log_messages       true\n"
            "max_message_rate   0\n"
            "max_byte_rate      0\n");
  EXPECT_EQ(Ctl(chat, {"settings", "set", "max_connections=50", "log_messages=false"}).exit_code, 0);
  EXPECT_EQ(chat.requests().back(),
            "UpdateSettings{settings { max_connections: 50 } update_mask { paths: \"max_connections\" paths: "
            "\"log_messages\" }}");
}

TEST(SettingsTest, AMistakeIsNamedAndNothingIsSent) {
  EnterTestDirectory();
  const FakeChat chat({});
  const auto error = [&chat](const std::string& setting) {
    const Ended ended = Ctl(chat, {"settings", "set", setting});
    EXPECT_EQ(ended.exit_code, 2);
    return ended.err;
  };
  EXPECT_EQ(error("max_connections"), "viaductctl: \"max_connections\": expected NAME=VALUE\n");
  EXPECT_EQ(
      error("colour=red"),
      "viaductctl: unknown setting colour: the settings are max_message_bytes, max_connections, max_room_clients, "
      "log_messages, max_message_rate, max_byte_rate\n");
  EXPECT_EQ(error("max_connections=3000000000"),
            "viaductctl: max_connections \"3000000000\": expected a whole number\n");
  EXPECT_EQ(error("log_messages=yes"), "viaductctl: log_messages \"yes\": expected true or false\n");
  EXPECT_TRUE(chat.requests().empty());
}

}  // namespace
}  // namespace viaduct::ctl
