// What a task reads of entries and announcements that tasks of other versions may have written; docs/releases.md.

#include "origin/broker/redis/room/room_entry.h"

#include <gtest/gtest.h>

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "origin/broker/redis/client/redis_reply.h"
#include "origin/broker/redis/room/netstring.h"
#include "origin/message/person.h"
#include "origin/message/uuid.h"

namespace viaduct::origin {
namespace {

constexpr std::string_view kSender = "3f2504e0-4f89-41d3-9a0c-0305e82c3301";

RedisReply Text(std::string_view text) { return {.kind = RedisReply::Kind::kText, .text = std::string(text)}; }

RedisReply Texts(std::initializer_list<std::string_view> texts) {
  RedisReply array{.kind = RedisReply::Kind::kArray};
  for (const std::string_view text : texts) array.elements.push_back(Text(text));
  return array;
}

// The reply of XRANGE with one entry of these fields.
RedisReply Entry(std::initializer_list<std::string_view> fields) {
  RedisReply entry{.kind = RedisReply::Kind::kArray};
  entry.elements = {Text("5-0"), Texts(fields)};
  RedisReply entries{.kind = RedisReply::Kind::kArray};
  entries.elements.push_back(std::move(entry));
  return entries;
}

std::string Packed(std::initializer_list<std::string_view> parts) {
  std::string packed;
  for (const std::string_view part : parts) AppendNetstring(part, &packed);
  return packed;
}

TEST(RoomEntryTest, FieldsThatWeDoNotKnowAreIgnored) {
  const std::optional<std::vector<RoomEntry>> entries = ParseRoomEntries(
      "r", Entry({"p", "4-0", "t", "task", "n", "7", "i", "task-7", "s", kSender, "m", "hi", "later", "unknown"}));
  ASSERT_TRUE(entries.has_value());
  ASSERT_EQ(entries->size(), 1u);
  EXPECT_EQ(entries->front().message.text, "hi");
  EXPECT_EQ(entries->front().message.position, "5-0");
  EXPECT_EQ(entries->front().number, 7u);
}

TEST(RoomEntryTest, AnEntryWithoutTaskNumberOrIdIsNotOurs) {
  EXPECT_FALSE(ParseRoomEntries("r", Entry({"p", "4-0", "n", "7", "i", "task-7", "s", kSender, "m", "hi"})));
  EXPECT_FALSE(ParseRoomEntries("r", Entry({"p", "4-0", "t", "task", "i", "task-7", "s", kSender, "m", "hi"})));
  EXPECT_FALSE(ParseRoomEntries("r", Entry({"p", "4-0", "t", "task", "n", "7", "s", kSender, "m", "hi"})));
}

TEST(RoomEntryTest, AnAnnouncementOfAnotherShapeIsNone) {
  const std::optional<RoomAnnouncement> known =
      ParseAnnouncement("r", Packed({"M", "4-0", "task", "5-0", "7", "task-7", kSender, "hi"}));
  ASSERT_TRUE(known.has_value());
  EXPECT_EQ(std::get<std::vector<RoomEntry>>(*known).front().message.id, "task-7");
  EXPECT_FALSE(ParseAnnouncement("r", Packed({"M", "4-0", "task", "5-0", "7", "task-7", kSender, "hi", "more"})));
  EXPECT_FALSE(ParseAnnouncement("r", Packed({"N", "4-0", "task", "5-0", "7", "task-7", kSender, "hi"})));
  EXPECT_FALSE(ParseAnnouncement("r", Packed({"P", "task", "3", "15000", "more"})));
  EXPECT_FALSE(ParseAnnouncement("r", Packed({"Q", "task", "3", "15000"})));
}

TEST(RoomEntryTest, NamesAreReadFromEntriesAnnouncementsAndPresence) {
  const std::optional<std::vector<RoomEntry>> entries = ParseRoomEntries(
      "r", Entry({"p", "4-0", "t", "task", "n", "7", "i", "task-7", "s", kSender, "m", "hi", "a", "Ada"}));
  ASSERT_TRUE(entries.has_value());
  EXPECT_EQ(entries->front().message.name, "Ada");
  const std::optional<RoomAnnouncement> named =
      ParseAnnouncement("r", Packed({"N", "4-0", "task", "5-0", "7", "task-7", kSender, "hi", "Ada", "6-0", "8",
                                     "task-8", kSender, "ho", ""}));
  ASSERT_TRUE(named.has_value());
  const auto& both = std::get<std::vector<RoomEntry>>(*named);
  ASSERT_EQ(both.size(), 2u);
  EXPECT_EQ(both[0].message.name, "Ada");
  EXPECT_EQ(both[1].message.name, "");
  EXPECT_EQ(both[1].previous.ToString(), "5-0");
  const People people = {{.id = *Uuid::Parse(kSender), .name = "Ada"}};
  const std::optional<RoomAnnouncement> presence =
      ParseAnnouncement("r", Packed({"P", "task", "3", "15000", PackPeople(people)}));
  ASSERT_TRUE(presence.has_value());
  EXPECT_EQ(std::get<PresenceAnnouncement>(*presence).people, people);
}

}  // namespace
}  // namespace viaduct::origin
