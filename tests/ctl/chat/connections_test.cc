// viaductctl connections and broadcast, run against a fake chat.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <string>
#include <vector>

#include "tests/ctl/chat/fake_chat.h"
#include "tests/ctl/program.h"

namespace viaduct::ctl {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using Requests = std::vector<std::string>;

constexpr char kFirst[] = "7c9e6679-7425-40de-944b-e07fc1f90ae7";
constexpr char kSecond[] = "7c9effff-0000-4000-8000-000000000002";
constexpr char kThird[] = "b5a7e6fa-0000-4000-8000-000000000003";

ChatScript ThreeConnections() {
  ChatScript script;
  script.connections = {MakeConnection(kFirst, hours(5) + minutes(3) + seconds(30)),
                        MakeConnection(kSecond, hours(4) + minutes(30)), MakeConnection(kThird, hours(2))};
  admin::v1::Connection& first = script.connections[0];
  *first.mutable_last_message_time() = MakeConnection("", hours(1) + minutes(1) + seconds(30)).connect_time();
  first.set_viewer_address("203.0.113.9");
  first.set_peer_address("127.0.0.1:40000");
  first.set_forwarded_for("203.0.113.9, 10.0.0.1");
  first.set_cloudfront_id("abc==");
  first.set_user_agent("Evil/1.0 \x1b[2J");
  first.set_messages_received(12);
  first.set_bytes_received(1229);
  first.set_messages_sent(3);
  first.set_bytes_sent(512);
  first.set_queued_bytes(2048);
  script.connections[1].set_peer_address("127.0.0.1:40001");
  return script;
}

Ended Ctl(const FakeChat& chat, std::vector<std::string> arguments, const ProgramOptions& options = {}) {
  arguments.insert(arguments.begin(), {"--endpoint", chat.endpoint()});
  return RunViaductctl(arguments, options);
}

TEST(ConnectionsListTest, ATableShowsAgesAmountsAndEscapedText) {
  EnterTestDirectory();
  const FakeChat chat(ThreeConnections());
  const Ended ended = Ctl(chat, {"connections", "list"});
  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_EQ(ended.out,
            "ID                                    VIEWER             AGE  IDLE   QUEUED  MSGS-IN  MSGS-OUT  BYTES-IN"
            "  BYTES-OUT  ROOM  USER-AGENT\n"
            "7c9e6679-7425-40de-944b-e07fc1f90ae7  203.0.113.9       5h3m  1h1m  2.0 KiB       12         3   1.2 KiB"
            "      512 B  -     Evil/1.0 \\x1b[2J\n"
            "7c9effff-0000-4000-8000-000000000002  127.0.0.1:40001  4h30m     -      0 B        0         0       0 B"
            "        0 B  -     -\n"
            "b5a7e6fa-0000-4000-8000-000000000003  -                 2h0m     -      0 B        0         0       0 B"
            "        0 B  -     -\n");
  EXPECT_EQ(ended.err, "");
}

TEST(ConnectionsListTest, ANarrowTerminalShowsWhatFits) {
  EnterTestDirectory();
  const FakeChat chat(ThreeConnections());
  const Ended ended = Ctl(chat, {"connections", "list", "--no-headers", "--limit", "1"}, {.terminal_columns = 80});
  EXPECT_EQ(ended.out, "7c9e6679-7425-40de-…  203.0.113.9  5h3m  1h1m  2.0 KiB  12  3  1.2 KiB  512 B  -\n");
}

TEST(ConnectionsListTest, ColumnsOfTheEnvironmentWinOverTheTerminals) {
  EnterTestDirectory();
  const FakeChat chat(ThreeConnections());
  const Ended ended = Ctl(chat, {"connections", "list", "--no-headers", "--limit", "1"},
                          {.environment = {"COLUMNS=60"}, .terminal_columns = 80});
  EXPECT_EQ(ended.out, "7c9e6679-7425-4…  203.0.113.9  5h3m  1h1m  2.0 KiB  12  3  -\n");
}

TEST(ConnectionsListTest, AllPagesAreFetched) {
  EnterTestDirectory();
  const FakeChat chat(ThreeConnections());
  const Ended ended = Ctl(chat, {"connections", "list", "--page-size", "1", "--no-headers"});
  EXPECT_EQ(std::count(ended.out.begin(), ended.out.end(), '\n'), 3);
  EXPECT_EQ(chat.requests(),
            (Requests{"ListConnections{page_size: 1}", "ListConnections{page_size: 1 page_token: \"1\"}",
                      "ListConnections{page_size: 1 page_token: \"2\"}"}));
}

TEST(ConnectionsListTest, ALimitAsksForNoMoreAndSaysSo) {
  EnterTestDirectory();
  const FakeChat chat(ThreeConnections());
  const Ended ended = Ctl(chat, {"connections", "list", "--limit", "2", "--no-headers"});
  EXPECT_EQ(std::count(ended.out.begin(), ended.out.end(), '\n'), 2);
  EXPECT_EQ(ended.err, "the 2 oldest of 3 connections\n");
  EXPECT_EQ(chat.requests(), Requests{"ListConnections{page_size: 2}"});
}

TEST(ConnectionsListTest, JsonIsAnArrayWithOneConnectionALine) {
  EnterTestDirectory();
  const FakeChat chat(ThreeConnections());
  const Ended ended = Ctl(chat, {"connections", "list", "--json", "--limit", "2"});
  EXPECT_EQ(ended.out.substr(0, 3), "[\n{");
  EXPECT_EQ(ended.out.substr(ended.out.size() - 4), "}\n]\n");
  EXPECT_EQ(std::count(ended.out.begin(), ended.out.end(), '\n'), 4);
  EXPECT_NE(ended.out.find("\"user_agent\":\"Evil/1.0 \\u001b[2J\""), std::string::npos) << ended.out;
  EXPECT_NE(ended.out.find("\"queued_bytes\":2048"), std::string::npos) << ended.out;
  EXPECT_EQ(ended.err, "");
}

TEST(ConnectionsListTest, SortedOnesAreTheFirstOfAll) {
  EnterTestDirectory();
  const FakeChat chat(ThreeConnections());
  const Ended ended =
      Ctl(chat, {"connections", "list", "--no-headers", "--page-size", "1", "--sort", "-connect_time", "--limit", "1"});
  EXPECT_EQ(ended.out.substr(0, 36), kThird);
  EXPECT_EQ(ended.err, "1 of 3 connections\n");
  EXPECT_EQ(chat.requests().size(), 3u) << "all are fetched";
}

TEST(ConnectionsListTest, NoConnectionsIsAnEmptyArrayOrANote) {
  EnterTestDirectory();
  const FakeChat chat({});
  EXPECT_EQ(Ctl(chat, {"connections", "list", "--json"}).out, "[]\n");
  const Ended ended = Ctl(chat, {"connections", "list"});
  EXPECT_EQ(ended.exit_code, 0);
  EXPECT_EQ(ended.out, "");
  EXPECT_EQ(ended.err, "no open connections\n");
}

TEST(ConnectionsGetTest, EveryFieldIsShown) {
  EnterTestDirectory();
  const FakeChat chat(ThreeConnections());
  const Ended ended = Ctl(chat, {"connections", "get", kFirst});
  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  for (const char* line :
       {"id              7c9e6679-7425-40de-944b-e07fc1f90ae7\n", "room            -\n",
        "viewer address  203.0.113.9\n", "peer address    127.0.0.1:40000\n", "forwarded for   203.0.113.9, 10.0.0.1\n",
        "cloudfront id   abc==\n", "user agent      Evil/1.0 \\x1b[2J\n", "Z (5h3m ago)\n", "Z (1h1m ago)\n",
        "received        12 messages, 1.2 KiB\n", "sent            3 messages, 512 B\n", "queued          2.0 KiB\n"}) {
    EXPECT_NE(ended.out.find(line), std::string::npos) << line << "is not in\n" << ended.out;
  }
  EXPECT_EQ(chat.requests(), Requests{"GetConnection{name: \"connections/" + std::string(kFirst) + "\"}"});
}

TEST(ConnectionsGetTest, JsonIsTheConnection) {
  EnterTestDirectory();
  const FakeChat chat(ThreeConnections());
  const Ended ended = Ctl(chat, {"connections", "get", "--json", "connections/" + std::string(kThird)});
  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_NE(ended.out.find("{\"name\":\"connections/" + std::string(kThird) + "\""), std::string::npos) << ended.out;
  EXPECT_NE(ended.out.find("\"messages_received\":0"), std::string::npos) << ended.out;
}

TEST(ConnectionsGetTest, AUniqueBeginningIsEnough) {
  EnterTestDirectory();
  const FakeChat chat(ThreeConnections());
  EXPECT_EQ(Ctl(chat, {"connections", "get", "b5a7"}).exit_code, 0);
  EXPECT_EQ(chat.requests(), (Requests{"ListConnections{page_size: 1000}",
                                       "GetConnection{name: \"connections/" + std::string(kThird) + "\"}"}));
}

TEST(ConnectionsGetTest, AShortenedIdIsTakenAsItIsShown) {
  EnterTestDirectory();
  const FakeChat chat(ThreeConnections());
  EXPECT_EQ(Ctl(chat, {"connections", "get", "7c9e6679…"}).exit_code, 0);
}

TEST(ConnectionsGetTest, AnAmbiguousBeginningListsTheCandidates) {
  EnterTestDirectory();
  const FakeChat chat(ThreeConnections());
  const Ended ended = Ctl(chat, {"connections", "get", "7C9E"});
  EXPECT_EQ(ended.exit_code, 2);
  EXPECT_EQ(ended.out, "");
  EXPECT_EQ(ended.err,
            "viaductctl: 7c9e matches 2 connections: " + std::string(kFirst) + ", " + std::string(kSecond) + "\n");
}

TEST(ConnectionsGetTest, WhatIsNotOpenIsNotFound) {
  EnterTestDirectory();
  const FakeChat chat(ThreeConnections());
  const Ended whole = Ctl(chat, {"connections", "get", "00000000-0000-4000-8000-000000000000"});
  EXPECT_EQ(whole.exit_code, 1);
  EXPECT_EQ(whole.err,
            "viaductctl: no open connection 00000000-0000-4000-8000-000000000000: 'viaductctl connections list' lists "
            "the open ones\n");
  const Ended beginning = Ctl(chat, {"connections", "get", "0000"});
  EXPECT_EQ(beginning.exit_code, 1);
  EXPECT_EQ(beginning.err, "viaductctl: no open connection has an ID that begins with 0000\n");
}

TEST(ConnectionsGetTest, WhatIsNoIdIsRejectedBeforeAnyCall) {
  EnterTestDirectory();
  const FakeChat chat(ThreeConnections());
  EXPECT_EQ(Ctl(chat, {"connections", "get", "not-an-id"}).exit_code, 2);
  EXPECT_EQ(chat.requests(), Requests{});
}

TEST(ConnectionsSendTest, TextGoesAsItIs) {
  EnterTestDirectory();
  const FakeChat chat(ThreeConnections());
  const Ended ended = Ctl(chat, {"connections", "send", "b5a7", "hello there\n"});
  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_EQ(ended.out, "sent 12 B to " + std::string(kThird) + " on unix:chat.sock\n");
  EXPECT_EQ(chat.requests().back(),
            "SendMessage{name: \"connections/" + std::string(kThird) + "\" text: \"hello there\\n\"}");
}

TEST(ConnectionsSendTest, JsonIsTheAnswer) {
  EnterTestDirectory();
  const FakeChat chat(ThreeConnections());
  EXPECT_EQ(Ctl(chat, {"connections", "send", kThird, "x", "--json"}).out, "{}\n");
}

TEST(ConnectionsSendTest, ABinaryFileGoesAsABinaryMessage) {
  EnterTestDirectory();
  std::ofstream("frame.bin", std::ios::binary) << std::string("\x00\xFF\n", 3);
  const FakeChat chat(ThreeConnections());
  const Ended ended = Ctl(chat, {"connections", "send", kThird, "--binary-file", "frame.bin"});
  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_EQ(chat.requests().back(),
            "SendMessage{name: \"connections/" + std::string(kThird) + "\" binary: \"\\000\\377\\n\"}");
}

TEST(ConnectionsSendTest, AMissingOrEmptyFileIsAMistakeAndNothingIsSent) {
  EnterTestDirectory();
  std::ofstream("empty.bin", std::ios::binary).flush();
  const FakeChat chat(ThreeConnections());
  const Ended missing = Ctl(chat, {"connections", "send", "b5a7", "--binary-file", "missing.bin"});
  EXPECT_EQ(missing.exit_code, 2);
  EXPECT_EQ(missing.err, "viaductctl: cannot read missing.bin: No such file or directory\n");
  const Ended empty = Ctl(chat, {"connections", "send", "b5a7", "--binary-file", "empty.bin"});
  EXPECT_EQ(empty.exit_code, 2);
  EXPECT_EQ(empty.err, "viaductctl: nothing to send: the input is empty\n");
  EXPECT_EQ(chat.requests(), Requests{});
}

TEST(ConnectionsCloseTest, CodeAndReasonHaveDefaults) {
  EnterTestDirectory();
  const FakeChat chat(ThreeConnections());
  const Ended ended = Ctl(chat, {"connections", "close", kFirst});
  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_EQ(ended.out, "closing " + std::string(kFirst) + " on unix:chat.sock with code 1000\n");
  EXPECT_EQ(chat.requests(), Requests{"CloseConnection{name: \"connections/" + std::string(kFirst) + "\" code: 1000}"});
}

TEST(ConnectionsCloseTest, CodeAndReasonAreSent) {
  EnterTestDirectory();
  const FakeChat chat(ThreeConnections());
  EXPECT_EQ(Ctl(chat, {"connections", "close", kFirst, "--code=1008", "--reason=rate limit", "--json"}).out, "{}\n");
  EXPECT_EQ(chat.requests(), Requests{"CloseConnection{name: \"connections/" + std::string(kFirst) +
                                      "\" code: 1008 reason: \"rate limit\"}"});
}

TEST(BroadcastTest, EveryoneIsCounted) {
  EnterTestDirectory();
  const FakeChat chat(ThreeConnections());
  const Ended ended = Ctl(chat, {"broadcast", "maintenance"});
  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_EQ(ended.out, "sent to 3 connections on unix:chat.sock\n");
  EXPECT_EQ(Ctl(chat, {"broadcast", "--json", "--", "-x"}).out, "{\"recipient_count\":3,\"unanswered\":[]}\n");
  EXPECT_EQ(Ctl(chat, {"broadcast", "--from", "Ops", "hi"}).exit_code, 0);
  EXPECT_EQ(chat.requests(),
            (Requests{"Broadcast{text: \"maintenance\" all: true}", "Broadcast{text: \"-x\" all: true}",
                      "Broadcast{text: \"hi\" all: true from: \"Ops\"}"}));
}

TEST(BroadcastTest, StandardInputLosesItsLastLineEndOnly) {
  EnterTestDirectory();
  const FakeChat chat({});
  EXPECT_EQ(Ctl(chat, {"broadcast", "-"}, {.input = "a\n\n"}).exit_code, 0);
  EXPECT_EQ(Ctl(chat, {"broadcast", "-"}, {.input = "a\r\n"}).exit_code, 0);
  EXPECT_EQ(Ctl(chat, {"broadcast", "-"}, {.input = "é"}).exit_code, 0);
  EXPECT_EQ(chat.requests(), (Requests{"Broadcast{text: \"a\\n\" all: true}", "Broadcast{text: \"a\" all: true}",
                                       "Broadcast{text: \"\\303\\251\" all: true}"}));
}

TEST(BroadcastTest, EmptyOrBinaryStandardInputIsAMistakeAndNothingIsSent) {
  EnterTestDirectory();
  const FakeChat chat({});
  EXPECT_EQ(Ctl(chat, {"broadcast", "-"}, {.input = "\n"}).exit_code, 2);
  const Ended binary = Ctl(chat, {"broadcast", "-"}, {.input = "\xFF"});
  EXPECT_EQ(binary.exit_code, 2);
  EXPECT_EQ(binary.err, "viaductctl: standard input is not UTF-8 text; use --binary-file for other bytes\n");
  EXPECT_EQ(chat.requests(), Requests{});
}

TEST(BroadcastTest, ARefusalIsExitCodeOne) {
  EnterTestDirectory();
  ChatScript script;
  script.status = grpc::Status(grpc::StatusCode::INVALID_ARGUMENT, "text: longer than max_message_bytes");
  const FakeChat chat(script);
  const Ended ended = Ctl(chat, {"broadcast", "x"});
  EXPECT_EQ(ended.exit_code, 1);
  EXPECT_EQ(ended.err, "viaductctl: the chat refused: INVALID_ARGUMENT: text: longer than max_message_bytes\n");
}

}  // namespace
}  // namespace viaduct::ctl
