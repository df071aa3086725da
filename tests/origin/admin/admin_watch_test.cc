// WatchEvents of the admin API over gRPC, against a running chat.
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "tests/origin/admin/running_admin.h"
#include "tests/origin/chat/running_chat.h"
#include "tests/support/raw_peer.h"

namespace viaduct::origin {
namespace {

struct Watch {
  explicit Watch(RunningAdmin* running, std::vector<int> kinds = {}) {
    admin::v1::WatchEventsRequest request;
    for (const int kind : kinds) request.add_kinds(static_cast<admin::v1::Event::Kind>(kind));
    context.set_deadline(std::chrono::system_clock::now() + RawPeer::kTimeout);
    reader = running->stub().WatchEvents(&context, request);
  }
  // Returns "" if the stream has begun; otherwise why it ended.
  std::string Started() {
    admin::v1::WatchEventsResponse first;
    if (reader->Read(&first) && first.has_started()) return "";
    const grpc::Status status = reader->Finish();
    return std::to_string(status.error_code()) + ": " + status.error_message();
  }
  admin::v1::WatchEventsResponse Next() {
    admin::v1::WatchEventsResponse response;
    EXPECT_TRUE(reader->Read(&response));
    return response;
  }

  grpc::ClientContext context;
  std::unique_ptr<grpc::ClientReader<admin::v1::WatchEventsResponse>> reader;
};

TEST(AdminWatchTest, AWatcherSeesTheLifeOfAConnection) {
  RunningAdmin running;
  Watch watch(&running);
  ASSERT_EQ(watch.Started(), "");
  RawPeer peer(running.chat().address());
  ASSERT_TRUE(peer.Send(Handshake("/websocket", "X-Viaduct-Viewer-Address: 192.0.2.1\r\n")));
  peer.ReadUntil("\r\n\r\n");
  const std::string name = "connections/" + JsonMember(ReadFrame(&peer)->payload, "id");
  ASSERT_TRUE(peer.Send(Bytes({.first_byte = 0x82, .payload = "four"})));
  ReadFrame(&peer);
  ASSERT_TRUE(peer.Send(Bytes({.first_byte = 0x88, .payload = "\x0f\xa1why"})));
  peer.ReadToEnd();
  peer.ShutdownWrite();

  const admin::v1::Event connected = watch.Next().event();
  EXPECT_EQ(connected.kind(), admin::v1::Event::CONNECTED);
  EXPECT_EQ(connected.connection(), name);
  EXPECT_EQ(connected.client_count(), 1);
  EXPECT_EQ(connected.viewer_address(), "192.0.2.1");
  EXPECT_GT(connected.time().seconds(), 1'700'000'000);
  const admin::v1::Event message = watch.Next().event();
  EXPECT_EQ(message.kind(), admin::v1::Event::MESSAGE);
  EXPECT_EQ(message.connection(), name);
  EXPECT_EQ(message.bytes(), 4);
  EXPECT_TRUE(message.binary());
  EXPECT_EQ(message.broadcast_count(), 0);
  const admin::v1::Event disconnected = watch.Next().event();
  EXPECT_EQ(disconnected.kind(), admin::v1::Event::DISCONNECTED);
  EXPECT_EQ(disconnected.connection(), name);
  EXPECT_EQ(disconnected.client_count(), 0);
  EXPECT_EQ(disconnected.close_code(), 4001);
  EXPECT_EQ(disconnected.close_reason(), "why");
}

TEST(AdminWatchTest, AWatcherSeesOnlyTheKindsAskedFor) {
  RunningAdmin running;
  Watch watch(&running, {admin::v1::Event::DISCONNECTED});
  ASSERT_EQ(watch.Started(), "");
  RawPeer peer(running.chat().address());
  OpenWebSocket(&peer);
  ASSERT_TRUE(peer.Send(Bytes({.payload = "hello"})));
  ReadFrame(&peer);
  peer.Abort();
  const admin::v1::Event event = watch.Next().event();
  EXPECT_EQ(event.kind(), admin::v1::Event::DISCONNECTED);
  EXPECT_EQ(event.close_code(), 1006);
}

TEST(AdminWatchTest, AKindThatIsNoneIsRefused) {
  RunningAdmin running;
  EXPECT_EQ(Watch(&running, {0}).Started(), "3: kinds: 0: must be CONNECTED, DISCONNECTED, MESSAGE or BROADCAST");
  EXPECT_EQ(Watch(&running, {1, 9}).Started(), "3: kinds: 9: must be CONNECTED, DISCONNECTED, MESSAGE or BROADCAST");
}

TEST(AdminWatchTest, ASlowWatcherIsToldExactlyHowManyEventsItMissed) {
  constexpr int kMessages = 60'000;
  RunningAdmin running;
  Watch watch(&running, {admin::v1::Event::MESSAGE});
  ASSERT_EQ(watch.Started(), "");
  RawPeer peer(running.chat().address());
  OpenWebSocket(&peer);
  const std::string message = Bytes({.payload = "m"});
  std::string many;
  for (int i = 0; i < 1000; ++i) many += message;
  // The stream is not read meanwhile.
  for (int i = 0; i < kMessages / 1000; ++i) {
    ASSERT_TRUE(peer.Send(many));
    for (int n = 0; n < 1000; ++n) ASSERT_TRUE(ReadFrame(&peer).has_value());
  }
  std::int64_t events = 0;
  std::int64_t dropped = 0;
  while (events + dropped < kMessages) {
    admin::v1::WatchEventsResponse response;
    ASSERT_TRUE(watch.reader->Read(&response)) << events << " and " << dropped;
    events += response.has_event() ? 1 : 0;
    dropped += response.dropped();
  }
  EXPECT_EQ(events + dropped, kMessages);
  EXPECT_GT(dropped, 0);
  EXPECT_EQ(running.chat().chat().feed().dropped_events(), static_cast<std::uint64_t>(dropped));
}

TEST(AdminWatchTest, WatchersAreBounded) {
  RunningAdmin running;
  std::vector<std::unique_ptr<Watch>> watches;
  for (int i = 0; i < 64; ++i) {
    watches.push_back(std::make_unique<Watch>(&running));
    ASSERT_EQ(watches.back()->Started(), "") << i;
  }
  EXPECT_EQ(Watch(&running).Started().substr(0, 3), "8: ");
  // Short calls are served all the same, and a place is free again once a watcher has gone.
  admin::v1::GetStatsResponse stats;
  EXPECT_EQ(Call(running.stub(), &admin::v1::ChatAdmin::Stub::GetStats, admin::v1::GetStatsRequest(), &stats), "");
  watches.front()->context.TryCancel();
  EXPECT_TRUE(Eventually([&] { return Watch(&running).Started().empty(); }));
}

TEST(AdminWatchTest, WatchersAreToldWhenTheTaskGoes) {
  RunningAdmin running;
  Watch watch(&running);
  ASSERT_EQ(watch.Started(), "");
  running.Stop();
  admin::v1::WatchEventsResponse response;
  EXPECT_FALSE(watch.reader->Read(&response));
  EXPECT_EQ(watch.reader->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
}

TEST(AdminWatchTest, ACallersDeadlineIsKept) {
  RunningAdmin running;
  grpc::ClientContext context;
  const auto begin = std::chrono::steady_clock::now();
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::milliseconds(300));
  const auto reader = running.stub().WatchEvents(&context, admin::v1::WatchEventsRequest());
  admin::v1::WatchEventsResponse response;
  while (reader->Read(&response)) {
  }
  EXPECT_EQ(reader->Finish().error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
  EXPECT_GE(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(300));
}

}  // namespace
}  // namespace viaduct::origin
