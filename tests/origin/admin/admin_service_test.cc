// The admin API over gRPC, against a running chat.
#include "origin/admin/admin_service.h"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "tests/origin/admin/running_admin.h"
#include "tests/origin/chat/running_chat.h"
#include "tests/support/raw_peer.h"

namespace viaduct::origin {
namespace {

using Stub = admin::v1::ChatAdmin::Stub;

constexpr char kNobody[] = "connections/00000000-0000-4000-8000-000000000000";

std::string List(RunningAdmin* running, int page_size, const std::string& token,
                 admin::v1::ListConnectionsResponse* response) {
  admin::v1::ListConnectionsRequest request;
  request.set_page_size(page_size);
  request.set_page_token(token);
  return Call(running->stub(), &Stub::ListConnections, request, response);
}

std::string Get(RunningAdmin* running, const std::string& name, admin::v1::Connection* response) {
  admin::v1::GetConnectionRequest request;
  request.set_name(name);
  return Call(running->stub(), &Stub::GetConnection, request, response);
}

std::string Send(RunningAdmin* running, const std::string& name, const std::string& text) {
  admin::v1::SendMessageRequest request;
  request.set_name(name);
  request.set_text(text);
  admin::v1::SendMessageResponse response;
  return Call(running->stub(), &Stub::SendMessage, request, &response);
}

std::string Close(RunningAdmin* running, const std::string& name, int code, const std::string& reason) {
  admin::v1::CloseConnectionRequest request;
  request.set_name(name);
  request.set_code(code);
  request.set_reason(reason);
  admin::v1::CloseConnectionResponse response;
  return Call(running->stub(), &Stub::CloseConnection, request, &response);
}

admin::v1::GetStatsResponse Stats(RunningAdmin* running) {
  admin::v1::GetStatsResponse response;
  EXPECT_EQ(Call(running->stub(), &Stub::GetStats, admin::v1::GetStatsRequest(), &response), "");
  return response;
}

// Returns the id of a client that has joined.
std::string Open(RawPeer* peer, std::string_view fields = "") {
  peer->Send(Handshake("/websocket", fields));
  peer->ReadUntil("\r\n\r\n");
  const auto welcome = ReadFrame(peer);
  return welcome ? JsonMember(welcome->payload, "id") : "";
}

std::vector<std::unique_ptr<RawPeer>> OpenMany(RunningAdmin* running, int count, std::string_view fields = "") {
  std::vector<std::unique_ptr<RawPeer>> peers;
  for (int i = 0; i < count; ++i) {
    peers.push_back(std::make_unique<RawPeer>(running->chat().address()));
    EXPECT_NE(Open(peers.back().get(), fields), "");
  }
  return peers;
}

TEST(AdminServiceTest, AConnectionIsShownAsItIs) {
  RunningAdmin running;
  RawPeer peer(running.chat().address());
  const std::string id =
      Open(&peer,
           "User-Agent: test\xff\r\nX-Forwarded-For: 2001:db8::1, 130.176.1.1\r\nX-Amz-Cf-Id: cf==\r\n"
           "X-Viaduct-Viewer-Address: 2001:db8::1\r\n");
  admin::v1::Connection before;
  ASSERT_EQ(Get(&running, "connections/" + id, &before), "");
  EXPECT_EQ(before.name(), "connections/" + id);
  EXPECT_EQ(before.room(), "");
  EXPECT_EQ(before.peer_address().substr(0, 10), "127.0.0.1:");
  EXPECT_EQ(before.viewer_address(), "2001:db8::1");
  EXPECT_EQ(before.forwarded_for(), "2001:db8::1, 130.176.1.1");
  EXPECT_EQ(before.cloudfront_id(), "cf==");
  EXPECT_EQ(before.user_agent(), "test?");  // a byte that is not UTF-8
  EXPECT_FALSE(before.has_last_message_time());
  EXPECT_EQ(before.messages_received(), 0);
  EXPECT_EQ(before.messages_sent(), 1);  // the welcome

  ASSERT_TRUE(peer.Send(Bytes({.payload = "hello"})));
  const auto echo = ReadFrame(&peer);
  ASSERT_TRUE(echo.has_value());
  admin::v1::Connection after;
  ASSERT_EQ(Get(&running, "connections/" + id, &after), "");
  EXPECT_TRUE(after.has_last_message_time());
  EXPECT_GE(after.last_message_time().seconds(), after.connect_time().seconds());
  EXPECT_EQ(after.messages_received(), 1);
  EXPECT_EQ(after.bytes_received(), 5);
  EXPECT_EQ(after.messages_sent(), 2);
  EXPECT_EQ(after.bytes_sent(), before.bytes_sent() + static_cast<std::int64_t>(echo->payload.size()));
  EXPECT_EQ(after.queued_bytes(), 0);
}

TEST(AdminServiceTest, TwoHundredAndFiftyConnectionsAreListedOldestFirst) {
  RunningAdmin running;
  std::vector<std::string> opened;
  std::vector<std::unique_ptr<RawPeer>> peers;
  for (int i = 0; i < 250; ++i) {
    peers.push_back(std::make_unique<RawPeer>(running.chat().address()));
    opened.push_back("connections/" + Open(peers.back().get()));
  }
  for (const int page_size : {0, 1000, 7, 125, 249, 250}) {
    std::vector<std::string> listed;
    std::string token;
    int pages = 0;
    do {
      admin::v1::ListConnectionsResponse page;
      ASSERT_EQ(List(&running, page_size, token, &page), "");
      EXPECT_EQ(page.total_size(), 250);
      EXPECT_LE(page.connections_size(), page_size == 0 ? 100 : page_size);
      for (const admin::v1::Connection& connection : page.connections()) listed.push_back(connection.name());
      token = page.next_page_token();
      ASSERT_LE(++pages, 250);
    } while (!token.empty());
    EXPECT_TRUE(listed == opened) << page_size;
  }
}

TEST(AdminServiceTest, ConnectionsThatComeAndGoBetweenPagesAreNeverListedTwice) {
  RunningAdmin running;
  auto peers = OpenMany(&running, 10);
  admin::v1::ListConnectionsResponse first;
  ASSERT_EQ(List(&running, 5, "", &first), "");
  for (int i = 0; i < 6; ++i) peers[i]->Abort();
  ASSERT_TRUE(Eventually([&] { return Stats(&running).connections_open() == 4; }));
  auto more = OpenMany(&running, 2);
  admin::v1::ListConnectionsResponse second;
  ASSERT_EQ(List(&running, 100, first.next_page_token(), &second), "");
  EXPECT_EQ(second.connections_size(), 6);
  EXPECT_EQ(second.next_page_token(), "");
  std::set<std::string> names;
  for (const auto& connection : first.connections()) names.insert(connection.name());
  for (const auto& connection : second.connections()) EXPECT_EQ(names.count(connection.name()), 0u);
}

TEST(AdminServiceTest, APageFitsWhatAClientTakesHoweverLongTheFieldsAre) {
  RunningAdmin running;
  const std::string field(1000, 'f');
  const auto peers = OpenMany(&running, 900,
                              "User-Agent: " + field + "\r\nX-Forwarded-For: " + field + "\r\nX-Amz-Cf-Id: " + field +
                                  "\r\nX-Viaduct-Viewer-Address: " + field + "\r\n");
  std::set<std::string> listed;
  std::string token;
  int pages = 0;
  do {
    admin::v1::ListConnectionsResponse page;
    ASSERT_EQ(List(&running, 1000, token, &page), "");
    EXPECT_LE(page.ByteSizeLong(), 3u << 20);
    for (const auto& connection : page.connections()) EXPECT_TRUE(listed.insert(connection.name()).second);
    token = page.next_page_token();
    ASSERT_LE(++pages, 10);
  } while (!token.empty());
  EXPECT_EQ(listed.size(), 900u);
  EXPECT_GT(pages, 1);
}

TEST(AdminServiceTest, AnEmptyChatHasOneEmptyPage) {
  RunningAdmin running;
  admin::v1::ListConnectionsResponse page;
  ASSERT_EQ(List(&running, 0, "", &page), "");
  EXPECT_EQ(page.connections_size(), 0);
  EXPECT_EQ(page.next_page_token(), "");
  EXPECT_EQ(page.total_size(), 0);
}

TEST(AdminServiceTest, AListRequestThatMakesNoSenseNamesItsField) {
  RunningAdmin running;
  admin::v1::ListConnectionsResponse page;
  EXPECT_EQ(List(&running, -1, "", &page), "3: page_size: must not be negative");
  for (const char* token : {"x", "1", "YWZ0ZXI6", "YWZ0ZXI6LTE=", "YWZ0ZXI6MXg=", "!!!!"}) {
    EXPECT_EQ(List(&running, 0, token, &page), "3: page_token: is not a next_page_token of ListConnections") << token;
  }
}

TEST(AdminServiceTest, NamesOfNoConnectionAreInvalidOrNotFound) {
  RunningAdmin running;
  admin::v1::Connection connection;
  EXPECT_EQ(Get(&running, kNobody, &connection).substr(0, 3), "5: ");
  EXPECT_EQ(Send(&running, kNobody, "x").substr(0, 3), "5: ");
  EXPECT_EQ(Close(&running, kNobody, 0, "").substr(0, 3), "5: ");
  for (const std::string name :
       {"", "connections/", "connections/x", "00000000-0000-4000-8000-000000000000",
        "connections/00000000-0000-4000-8000-00000000000A", "connections/00000000-0000-4000-8000-000000000000/x"}) {
    const std::string error = "3: name: \"" + name + "\": must be \"connections/{id}\", the id a UUID";
    EXPECT_EQ(Get(&running, name, &connection), error);
    EXPECT_EQ(Send(&running, name, "x"), error);
    EXPECT_EQ(Close(&running, name, 0, ""), error);
  }
}

TEST(AdminServiceTest, AMessageIsSentAsItIsAndToNobodyElse) {
  RunningAdmin running;
  RawPeer peer(running.chat().address());
  const std::string name = "connections/" + Open(&peer);
  RawPeer other(running.chat().address());
  OpenWebSocket(&other);
  ASSERT_EQ(Send(&running, name, "für dich"), "");
  ASSERT_EQ(Send(&running, name, ""), "");
  admin::v1::SendMessageRequest binary;
  binary.set_name(name);
  binary.set_binary(std::string("\x00\xff", 2));
  admin::v1::SendMessageResponse response;
  ASSERT_EQ(Call(running.stub(), &Stub::SendMessage, binary, &response), "");
  auto frame = ReadFrame(&peer);
  EXPECT_EQ(frame->first_byte, 0x81);
  EXPECT_EQ(frame->payload, "für dich");
  EXPECT_EQ(ReadFrame(&peer)->payload, "");
  frame = ReadFrame(&peer);
  EXPECT_EQ(frame->first_byte, 0x82);
  EXPECT_EQ(frame->payload, std::string("\x00\xff", 2));
  // This is the next message that the other one receives.
  ASSERT_TRUE(other.Send(Bytes({.payload = "mine"})));
  EXPECT_EQ(JsonMember(ReadFrame(&other)->payload, "message"), "mine");
}

TEST(AdminServiceTest, APayloadMustBeThereAndNotTooLarge) {
  OriginConfig config = RunningChat::Config();
  config.max_message_bytes = 1000;
  RunningAdmin running(config);
  RawPeer peer(running.chat().address());
  const std::string name = "connections/" + Open(&peer);
  admin::v1::SendMessageRequest request;
  request.set_name(name);
  admin::v1::SendMessageResponse response;
  EXPECT_EQ(Call(running.stub(), &Stub::SendMessage, request, &response),
            "3: payload: either text or binary is required");
  EXPECT_EQ(Send(&running, name, std::string(1001, 'x')), "3: text: has 1001 bytes, more than 1000");
  EXPECT_EQ(Send(&running, name, std::string(1000, 'x')), "");
  request.set_binary(std::string(1001, 'x'));
  EXPECT_EQ(Call(running.stub(), &Stub::SendMessage, request, &response), "3: binary: has 1001 bytes, more than 1000");
  admin::v1::BroadcastRequest broadcast;
  admin::v1::BroadcastResponse recipients;
  EXPECT_EQ(Call(running.stub(), &Stub::Broadcast, broadcast, &recipients),
            "3: payload: either text or binary is required");
  broadcast.set_text(std::string(1001, 'x'));
  EXPECT_EQ(Call(running.stub(), &Stub::Broadcast, broadcast, &recipients), "3: text: has 1001 bytes, more than 1000");
  // A payload far larger than any message is not even read.
  EXPECT_EQ(Send(&running, name, std::string(1 << 20, 'x')).substr(0, 3), "8: ");
}

TEST(AdminServiceTest, AConnectionThatReadsTooSlowlyHasNoRoom) {
  OriginConfig config = RunningChat::Config();
  config.max_outbound_bytes = 2 << 20;
  RunningAdmin running(config);
  RawPeer peer(running.chat().address(), {.receive_buffer_bytes = 4096});
  const std::string name = "connections/" + Open(&peer);
  const std::string message(256 << 10, 'm');
  std::string error;
  for (int i = 0; i < 200 && error.empty(); ++i) error = Send(&running, name, message);
  EXPECT_EQ(error.substr(0, 3), "8: ") << error;
  admin::v1::Connection connection;
  ASSERT_EQ(Get(&running, name, &connection), "");
  EXPECT_GT(connection.queued_bytes(), 1 << 20);
  EXPECT_LE(connection.queued_bytes(), 2 << 20);
}

TEST(AdminServiceTest, AConnectionIsClosedWithCodeAndReasonBehindWhatWasSent) {
  RunningAdmin running;
  struct Row {
    int code;
    std::string reason;
    std::string payload;
  };
  for (const Row& row : {Row{0, "", "\x03\xe8"}, Row{4001, "geh jetzt, bitte: ä", "\x0f\xa1geh jetzt, bitte: ä"},
                         Row{1013, std::string(123, 'r'), "\x03\xf5" + std::string(123, 'r')}}) {
    RawPeer peer(running.chat().address());
    const std::string name = "connections/" + Open(&peer);
    ASSERT_EQ(Send(&running, name, "last"), "");
    ASSERT_EQ(Close(&running, name, row.code, row.reason), "");
    EXPECT_EQ(ReadFrame(&peer)->payload, "last");
    const auto close = ReadFrame(&peer);
    EXPECT_EQ(close->first_byte, 0x88);
    EXPECT_EQ(close->payload, row.payload);
    // Until it answers, the connection is still there, and closing it again changes nothing.
    EXPECT_EQ(Close(&running, name, 4002, "again"), "");
    EXPECT_EQ(Send(&running, name, "too late").substr(0, 3), "5: ");
    ASSERT_TRUE(peer.Send(Bytes({.first_byte = 0x88, .payload = row.payload})));
    EXPECT_EQ(peer.ReadToEnd(), "");
    peer.ShutdownWrite();
    EXPECT_TRUE(Eventually([&] { return Close(&running, name, 0, "").substr(0, 3) == "5: "; }));
  }
}

TEST(AdminServiceTest, OnlyACodeAndReasonThatCanBeSentAreTaken) {
  RunningAdmin running;
  RawPeer peer(running.chat().address());
  const std::string name = "connections/" + Open(&peer);
  for (const int code : {-1, 1, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65536 + 1000, 1 << 30}) {
    EXPECT_EQ(Close(&running, name, code, ""),
              "3: code: " + std::to_string(code) + ": must be 1000 to 1003, 1007 to 1014 or 3000 to 4999");
  }
  EXPECT_EQ(Close(&running, name, 1000, std::string(124, 'r')), "3: reason: has more than 123 bytes");
  admin::v1::Connection connection;
  EXPECT_EQ(Get(&running, name, &connection), "");
}

TEST(AdminServiceTest, ABroadcastReachesEveryoneOnce) {
  RunningAdmin running;
  admin::v1::BroadcastRequest request;
  request.set_text("to all");
  request.set_all(true);
  admin::v1::BroadcastResponse response;
  ASSERT_EQ(Call(running.stub(), &Stub::Broadcast, request, &response), "");
  EXPECT_EQ(response.recipient_count(), 0);
  const auto peers = OpenMany(&running, 20);
  ASSERT_EQ(Call(running.stub(), &Stub::Broadcast, request, &response), "");
  EXPECT_EQ(response.recipient_count(), 20);
  request.set_binary("end");
  ASSERT_EQ(Call(running.stub(), &Stub::Broadcast, request, &response), "");
  for (const auto& peer : peers) {
    EXPECT_EQ(ReadFrame(peer.get())->payload, "to all");
    const auto end = ReadFrame(peer.get());
    EXPECT_EQ(end->first_byte, 0x82);
    EXPECT_EQ(end->payload, "end");
  }
}

TEST(AdminServiceTest, StatsAddUp) {
  RunningAdmin running;
  auto peers = OpenMany(&running, 3);
  ASSERT_TRUE(peers[0]->Send(Bytes({.payload = "hello"})));
  for (const auto& peer : peers) ASSERT_TRUE(ReadFrame(peer.get()).has_value());
  peers[1]->Abort();
  ASSERT_TRUE(peers[2]->Send(Bytes({.first_byte = 0x88, .payload = "\x0f\xa0"})));
  peers[2]->ReadToEnd();
  peers[2]->ShutdownWrite();
  admin::v1::GetStatsResponse stats;
  // A worker counts a close after the connection is no longer open.
  ASSERT_TRUE(Eventually([&] { return (stats = Stats(&running)).closes_size() == 2; }));
  EXPECT_EQ(stats.connections_open(), 1);
  EXPECT_EQ(stats.connections_total(), 3);
  EXPECT_EQ(stats.messages_received(), 1);
  EXPECT_EQ(stats.messages_delivered(), 3 + 3);  // the welcomes count
  EXPECT_EQ(stats.bytes_received(), 5);
  EXPECT_EQ(stats.slow_consumers(), 0);
  EXPECT_EQ((std::map<int, std::int64_t>(stats.closes().begin(), stats.closes().end())),
            (std::map<int, std::int64_t>{{1006, 1}, {4000, 1}}));
  EXPECT_FALSE(stats.draining());
  EXPECT_EQ(stats.version(), "0.1.0");
  EXPECT_GT(stats.start_time().seconds(), 1'700'000'000);
  EXPECT_GT(stats.uptime().seconds() * 1'000'000'000 + stats.uptime().nanos(), 0);
  running.chat().chat().Drain();
  EXPECT_TRUE(Stats(&running).draining());
}

}  // namespace
}  // namespace viaduct::origin
