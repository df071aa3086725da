// The admin API over gRPC: an operator's drain, and settings that change while the chat runs.
#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "tests/origin/admin/running_admin.h"
#include "tests/origin/chat/running_chat.h"
#include "tests/support/raw_peer.h"
#include "third_party/grpc/health/v1/health.grpc.pb.h"

namespace viaduct::origin {
namespace {

using Stub = admin::v1::ChatAdmin::Stub;

admin::v1::Drain Drain(RunningAdmin* running, int spread_seconds) {
  admin::v1::DrainChatRequest request;
  request.mutable_spread()->set_seconds(spread_seconds);
  admin::v1::Drain drain;
  EXPECT_EQ(Call(running->stub(), &Stub::Drain, request, &drain), "");
  return drain;
}

admin::v1::Drain GetDrain(RunningAdmin* running) {
  admin::v1::Drain drain;
  EXPECT_EQ(Call(running->stub(), &Stub::GetDrain, admin::v1::GetDrainRequest(), &drain), "");
  return drain;
}

admin::v1::Drain CancelDrain(RunningAdmin* running) {
  admin::v1::Drain drain;
  EXPECT_EQ(Call(running->stub(), &Stub::CancelDrain, admin::v1::CancelDrainRequest(), &drain), "");
  return drain;
}

bool Healthy(RunningAdmin* running) {
  const auto stub = grpc::health::v1::Health::NewStub(
      grpc::CreateChannel("unix:" + running->socket(), grpc::InsecureChannelCredentials()));
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + RawPeer::kTimeout);
  grpc::health::v1::HealthCheckResponse response;
  EXPECT_TRUE(stub->Check(&context, grpc::health::v1::HealthCheckRequest(), &response).ok());
  return response.status() == grpc::health::v1::HealthCheckResponse::SERVING;
}

// Returns the first line of the answer to a handshake; the peer has read it, and its welcome if there is one.
std::string Join(RawPeer* peer, const std::string& target = "/websocket") {
  peer->Send(Handshake(target));
  const std::string head = peer->ReadUntil("\r\n\r\n");
  if (head.starts_with("HTTP/1.1 101")) EXPECT_TRUE(ReadFrame(peer).has_value());
  return head.substr(0, head.find("\r\n"));
}

bool Becomes(const std::function<bool()>& fact) {
  const auto deadline = std::chrono::steady_clock::now() + RawPeer::kTimeout;
  while (!fact()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

TEST(AdminDrainTest, ADrainClosesEverybodyAndLetsNobodyIn) {
  RunningAdmin running;
  RawPeer peer(running.chat().address());
  EXPECT_EQ(Join(&peer), "HTTP/1.1 101 Switching Protocols");
  EXPECT_EQ(GetDrain(&running).state(), admin::v1::Drain::SERVING);
  EXPECT_TRUE(Healthy(&running));
  const admin::v1::Drain begun = Drain(&running, 0);
  EXPECT_EQ(begun.cause(), admin::v1::Drain::OPERATOR);
  EXPECT_EQ(begun.open_at_start(), 1);
  EXPECT_FALSE(Healthy(&running));
  EXPECT_TRUE(running.chat().chat().draining());
  const auto close = ReadFrame(&peer);
  ASSERT_TRUE(close.has_value());
  EXPECT_EQ(close->payload, std::string("\x03\xf4", 2) + "service restart");
  RawPeer late(running.chat().address());
  EXPECT_EQ(Join(&late).substr(0, 12), "HTTP/1.1 503");
  peer.Send(Bytes({.first_byte = 0x88, .payload = close->payload}));
  EXPECT_TRUE(Becomes([&] { return GetDrain(&running).state() == admin::v1::Drain::DRAINED; }));

  EXPECT_EQ(CancelDrain(&running).state(), admin::v1::Drain::SERVING);
  EXPECT_TRUE(Healthy(&running));
  EXPECT_FALSE(running.chat().chat().draining());
  RawPeer again(running.chat().address());
  EXPECT_EQ(Join(&again), "HTTP/1.1 101 Switching Protocols");
}

TEST(AdminDrainTest, WhatWasNotClosedYetStaysOpenWhenADrainIsTakenBack) {
  RunningAdmin running;
  std::vector<std::unique_ptr<RawPeer>> peers;
  for (int i = 0; i < 8; ++i) {
    peers.push_back(std::make_unique<RawPeer>(running.chat().address()));
    ASSERT_EQ(Join(peers.back().get()), "HTTP/1.1 101 Switching Protocols");
  }
  const admin::v1::Drain begun = Drain(&running, 3600);
  EXPECT_EQ(begun.state(), admin::v1::Drain::DRAINING);
  EXPECT_EQ(begun.open_at_start(), 8);
  EXPECT_EQ(begun.spread_end_time().seconds() - begun.start_time().seconds(), 3600);
  EXPECT_EQ(Drain(&running, 0).spread_end_time().seconds(), begun.spread_end_time().seconds())
      << "it goes on as it was begun";
  EXPECT_EQ(CancelDrain(&running).state(), admin::v1::Drain::SERVING);
  admin::v1::GetStatsResponse stats;
  EXPECT_TRUE(Becomes([&] {
    EXPECT_EQ(Call(running.stub(), &Stub::GetStats, admin::v1::GetStatsRequest(), &stats), "");
    return stats.closes_pending() == 0;
  }));
  EXPECT_GE(stats.connections_open(), 6) << "but for the first of each worker";
}

TEST(AdminDrainTest, AProgramThatStopsCannotBeTakenBack) {
  RunningAdmin running;
  running.chat().chat().Drain();
  EXPECT_EQ(GetDrain(&running).cause(), admin::v1::Drain::STOP);
  EXPECT_FALSE(Healthy(&running));
  admin::v1::Drain drain;
  EXPECT_EQ(Call(running.stub(), &Stub::CancelDrain, admin::v1::CancelDrainRequest(), &drain),
            "9: the chat is stopping");
}

// ---- Settings.

admin::v1::Settings Update(RunningAdmin* running, const admin::v1::UpdateSettingsRequest& request) {
  admin::v1::Settings settings;
  EXPECT_EQ(Call(running->stub(), &Stub::UpdateSettings, request, &settings), "");
  return settings;
}

TEST(AdminDrainTest, SettingsChangeWhatTheMaskNames) {
  OriginConfig config = RunningChat::Config();
  config.max_message_bytes = 1000;
  RunningAdmin running(config);
  admin::v1::Settings before;
  ASSERT_EQ(Call(running.stub(), &Stub::GetSettings, admin::v1::GetSettingsRequest(), &before), "");
  EXPECT_EQ(before.max_message_bytes(), 1000);
  EXPECT_EQ(before.max_connections(), config.max_connections);
  EXPECT_EQ(before.max_room_clients(), config.max_room_clients);
  EXPECT_TRUE(before.log_messages());

  RawPeer old_peer(running.chat().address());
  Join(&old_peer);
  admin::v1::UpdateSettingsRequest request;
  request.mutable_settings()->set_max_message_bytes(5);
  request.mutable_settings()->set_max_connections(7);
  request.mutable_update_mask()->add_paths("max_message_bytes");
  const admin::v1::Settings after = Update(&running, request);
  EXPECT_EQ(after.max_message_bytes(), 5);
  EXPECT_EQ(after.max_connections(), config.max_connections) << "it is not in the mask";
  // A second question to each worker is handled after the change.
  admin::v1::ListConnectionsResponse list;
  ASSERT_EQ(Call(running.stub(), &Stub::ListConnections, admin::v1::ListConnectionsRequest(), &list), "");
  RawPeer new_peer(running.chat().address());
  Join(&new_peer, "/websocket?room=new");
  new_peer.Send(Bytes({.payload = "longer than that"}));
  EXPECT_EQ(ReadFrame(&new_peer)->payload.substr(0, 2), "\x03\xf1") << "Close 1009";
  old_peer.Send(Bytes({.payload = "longer than that"}));
  EXPECT_EQ(ReadFrame(&old_peer)->payload.substr(0, 2), "\x03\xf1") << "open connections, too";
}

TEST(AdminDrainTest, AnotherRateHoldsAtOnceAndBeginsWithAWholeBurst) {
  RunningAdmin running;
  RawPeer peer(running.chat().address());
  Join(&peer);
  const std::string message = Bytes({.payload = "m"});
  const auto set_rate = [&running](int rate) {
    admin::v1::UpdateSettingsRequest request;
    request.mutable_settings()->set_max_message_rate(rate);
    request.mutable_update_mask()->add_paths("max_message_rate");
    EXPECT_EQ(Update(&running, request).max_message_rate(), rate);
    // A question to each worker is handled after the change.
    admin::v1::ListConnectionsResponse list;
    EXPECT_EQ(Call(running.stub(), &Stub::ListConnections, admin::v1::ListConnectionsRequest(), &list), "");
  };
  // Messages sent in one piece are read at the same time.
  const auto echoes = [&peer, &message](int sent) {
    std::string piece;
    for (int i = 0; i < sent; ++i) piece += message;
    EXPECT_TRUE(peer.Send(piece));
    int count = 0;
    while (count < sent && ReadFrame(&peer)->first_byte == 0x81) ++count;
    return count;
  };
  EXPECT_EQ(echoes(100), 100) << "there is no limit yet";
  set_rate(1);
  EXPECT_EQ(echoes(1), 1);
  set_rate(20);
  EXPECT_EQ(echoes(20), 20) << "what was sent under the old rule does not count";
  set_rate(1);
  EXPECT_EQ(echoes(5), 4) << "a burst is four seconds of the rate";
}

TEST(AdminDrainTest, ASmallerRoomTakesNobodyMore) {
  RunningAdmin running;
  RawPeer first(running.chat().address());
  Join(&first);
  admin::v1::UpdateSettingsRequest request;
  request.mutable_settings()->set_max_room_clients(1);
  request.mutable_settings()->set_log_messages(false);
  request.mutable_update_mask()->add_paths("max_room_clients");
  request.mutable_update_mask()->add_paths("log_messages");
  Update(&running, request);
  RawPeer second(running.chat().address());
  EXPECT_EQ(Join(&second).substr(0, 12), "HTTP/1.1 503");
  first.Send(Bytes({.payload = "unlogged"}));
  ASSERT_TRUE(ReadFrame(&first).has_value());
  EXPECT_EQ(running.chat().Log().find("ws message received"), std::string::npos);
  EXPECT_EQ(
      running.chat().LogLines("\"method\":\"UpdateSettings\",\"resource\":\"max_room_clients,log_messages\"").size(),
      1u);
}

TEST(AdminDrainTest, SettingsThatCannotBeAreRefusedWhole) {
  RunningAdmin running;
  admin::v1::Settings settings;
  admin::v1::UpdateSettingsRequest request;
  const auto error = [&] { return Call(running.stub(), &Stub::UpdateSettings, request, &settings); };
  EXPECT_EQ(error(), "3: update_mask: must name at least one setting, or be *");
  request.mutable_update_mask()->add_paths("max_connections");
  EXPECT_EQ(error(), R"(3: settings.max_connections: "0": must be at least 1)");
  request.mutable_settings()->set_max_connections(2'000'000'000);
  EXPECT_EQ(error().substr(0, 58), R"(3: settings.max_connections: "2000000000": must be at most)");
  request.mutable_settings()->set_max_connections(5);
  request.mutable_settings()->set_max_message_bytes(1 << 30);
  request.mutable_update_mask()->add_paths("max_message_bytes");
  EXPECT_EQ(error(), R"(3: settings.max_message_bytes: "1073741824": must be at most 2097152, )"
                     "half of limits.max_outbound_bytes");
  request.mutable_update_mask()->set_paths(1, "max_message_rate");
  request.mutable_settings()->set_max_message_rate(-1);
  EXPECT_EQ(error(), R"(3: settings.max_message_rate: "-1": must be 0 to 1000000)");
  request.mutable_settings()->set_max_message_rate(1'000'001);
  EXPECT_EQ(error(), R"(3: settings.max_message_rate: "1000001": must be 0 to 1000000)");
  request.mutable_update_mask()->set_paths(1, "colour");
  EXPECT_EQ(error(), "3: update_mask: unknown setting \"colour\"");
  ASSERT_EQ(Call(running.stub(), &Stub::GetSettings, admin::v1::GetSettingsRequest(), &settings), "");
  EXPECT_EQ(settings.max_connections(), RunningChat::Config().max_connections) << "nothing was taken over";
}

}  // namespace
}  // namespace viaduct::origin
