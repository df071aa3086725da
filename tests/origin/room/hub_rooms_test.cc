// How many rooms there may be: of the process, of one viewer, and the place of the default room.
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "ip/ip_address.h"
#include "net/address_tally.h"
#include "origin/room/hub.h"

namespace viaduct::origin {
namespace {

constexpr net::Clock::time_point kNow{std::chrono::hours(1)};

Hub::Options Options(std::size_t workers) {
  return {.workers = workers,
          .max_waiting_bytes = 4000,
          .max_waiting_from_broker_bytes = 20000,
          .max_rooms = 3,
          .max_room_clients = 5,
          .history = {.max_messages = 3, .max_bytes = 1 << 20, .max_age = std::chrono::seconds(10)},
          .max_all_history_bytes = 4 << 20};
}

std::shared_ptr<Publication> Said() {
  auto publication = std::make_shared<Publication>();
  publication->frames = "said";
  publication->messages = 1;
  publication->echoes = std::make_shared<const std::string>("said");
  publication->count = 1;
  return publication;
}

void NoWake(std::size_t) {}

TEST(HubRoomsTest, NobodyTakesTheDefaultRoomsPlace) {
  Hub hub(Options(1), NoWake);
  for (const char* name : {"a", "b", "c"}) ASSERT_FALSE(hub.Join(0, name, std::nullopt, kNow).refusal.has_value());
  Room* const main = hub.Join(0, "", std::nullopt, kNow).room;
  ASSERT_NE(main, nullptr);
  EXPECT_EQ(hub.Join(0, "d", std::nullopt, kNow).refusal, Hub::Refusal::kTooManyRooms);
  // Nor does its history give way: it takes nobody's place.
  hub.Publish(0, main, Said(), kNow);
  hub.EndDelivery(main, Dialect::kPlain);
  hub.Leave(0, main, Dialect::kPlain);
  EXPECT_EQ(hub.Join(0, "d", std::nullopt, kNow).refusal, Hub::Refusal::kTooManyRooms);
  EXPECT_EQ(hub.room_count(), 4u);
}

TEST(HubRoomsTest, ClientsOfOtherTasksInTheDefaultRoomAreAlwaysCounted) {
  Hub hub(Options(1), NoWake);
  for (const char* name : {"a", "b", "c", "d"}) hub.SetRemoteClients(name, 7, {});
  hub.SetRemoteClients("", 7, {});
  EXPECT_EQ(hub.Join(0, "", std::nullopt, kNow).client_count, 8);
}

TEST(HubRoomsTest, AViewerOpensNoMoreRoomsThanAllowed) {
  net::AddressTally viewers;
  Hub::Options options = Options(1);
  options.max_rooms = 10;
  options.max_rooms_per_viewer = 2;
  options.viewers = &viewers;
  Hub hub(options, NoWake);
  const auto first = ip::IpAddress::Parse("2001:db8::1");
  const auto neighbour = ip::IpAddress::Parse("2001:db8::2");
  const auto other = ip::IpAddress::Parse("203.0.113.7");
  const auto refusal = [&](const char* room, const std::optional<ip::IpAddress>& viewer) {
    return hub.Join(0, room, std::nullopt, kNow, viewer).refusal;
  };
  Room* const a = hub.Join(0, "a", std::nullopt, kNow, first).room;
  EXPECT_EQ(refusal("b", neighbour), std::nullopt);
  EXPECT_EQ(refusal("c", first), Hub::Refusal::kTooManyViewerRooms);
  EXPECT_EQ(hub.room_count(), 2u) << "what is refused makes no room";
  EXPECT_EQ(refusal("a", first), std::nullopt) << "it is there";
  EXPECT_EQ(refusal("c", other), std::nullopt);
  EXPECT_EQ(refusal("c", first), std::nullopt) << "another opened it";
  EXPECT_EQ(refusal("", first), std::nullopt) << "the default room counts for nobody";
  EXPECT_EQ(refusal("d", std::nullopt), std::nullopt) << "nobody knows whose it is";
  // Once everybody has left a, others may be opened instead, also if its history is kept.
  hub.Publish(0, a, Said(), kNow);
  for (int i = 0; i < 2; ++i) {
    hub.EndDelivery(a, Dialect::kPlain);
    hub.Leave(0, a, Dialect::kPlain);
  }
  EXPECT_EQ(refusal("e", first), std::nullopt);
  EXPECT_EQ(refusal("a", first), Hub::Refusal::kTooManyViewerRooms) << "it is empty, so it would be opened again";
  EXPECT_EQ(refusal("a", other), std::nullopt);
}

}  // namespace
}  // namespace viaduct::origin
