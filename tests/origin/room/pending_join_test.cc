#include "origin/room/pending_join.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "origin/message/chat_frames.h"
#include "origin/message/message_batch.h"

namespace viaduct::origin {
namespace {

using Kind = Broker::History::Kind;

const Uuid kMe = *Uuid::Parse("a83b55ae-92ba-4b01-8c0e-b4079569f24a");
const Uuid kOther = *Uuid::Parse("cdeed963-7774-4afb-a565-b9344ddfc327");

RoomMessage Message(const Uuid& sender, const std::string& text, const std::string& position) {
  return {.room = "r", .sender = sender, .id = "id-" + text, .text = text, .position = position};
}

PendingJoin::Greeting Room(int clients) {
  return {.room = "r", .client_count = clients, .max_message_bytes = 1000, .people = {}};
}

SharedPublication Live(const std::vector<RoomMessage>& messages) {
  MessageBatch batch;
  for (const RoomMessage& message : messages) {
    batch.Add(nullptr, message.sender, false, message.text, MessageBatch::Audience::kEveryone);
  }
  MessageBatch::Taken taken = batch.Take();
  for (std::size_t i = 0; i < messages.size(); ++i) {
    taken.publication->sent.push_back({.sender = messages[i].sender, .part = taken.entries[i].part});
    taken.publication->places.named.push_back({.position = messages[i].position, .id = messages[i].id});
  }
  return taken.publication;
}

// Returns "type:message@position " for each frame, and "welcome:resume@position " for a welcome.
std::string Told(const ClientFrames& frames) {
  std::string all;
  std::string_view rest = frames.text;
  std::uint64_t count = 0;
  std::uint64_t bytes = 0;
  while (!rest.empty()) {
    const std::string payload(TakePayload(&rest));
    const auto member = [&payload](const std::string& name) {
      const std::size_t begin = payload.find("\"" + name + "\":\"");
      if (begin == std::string::npos) return std::string();
      const std::size_t value = begin + name.size() + 4;
      return payload.substr(value, payload.find('"', value) - value);
    };
    ++count;
    bytes += payload.size();
    all += member("type") + ":" + member("resume") + member("message") + "@" + member("position") + " ";
  }
  EXPECT_EQ(frames.messages, count);
  EXPECT_EQ(frames.payload_bytes, bytes);
  return all;
}

std::string TextOf(const Uuid& id) {
  const auto text = id.Text();
  return {text.data(), text.size()};
}

TEST(PendingJoinTest, AClientThatCannotResumeIsToldAllThatWasHeld) {
  PendingJoin join(kMe, std::nullopt, 1 << 20);
  EXPECT_TRUE(join.Hold(std::vector{Live({Message(kOther, "one", "1-1"), Message(kMe, "two", "1-2")})}));
  std::string words;
  const std::size_t size = AppendPresenceFrame(&words, 9, "");
  EXPECT_TRUE(join.Hold(std::vector{OperatorPublication(words, size)}));
  const ClientFrames told = join.FirstFrames(Room(7), Broker::History{.position = "1-2"});
  EXPECT_EQ(Told(told), "welcome:@ broadcast:one@ echo:two@ presence:@ ");
  std::string expected;
  AppendWelcomeFrame(&expected, TextOf(kMe), 7);
  AppendBroadcastFrame(&expected, TextOf(kOther), "\"one\"");
  AppendEchoFrame(&expected, TextOf(kMe), "\"two\"");
  EXPECT_EQ(told.text, expected + words);
  EXPECT_EQ(join.FirstFrames(Room(7), absl::UnavailableError("away")).text, told.text);
}

TEST(PendingJoinTest, WhatANewClientSaidBeforeItsWelcomeIsEchoed) {
  PendingJoin join(kMe, "", 1 << 20);
  EXPECT_TRUE(join.Hold(std::vector{Live({Message(kOther, "before", "1-1"), Message(kMe, "mine", "1-2")})}));
  EXPECT_EQ(Told(join.FirstFrames(Room(1), Broker::History{.position = "1-2"})), "welcome:new@1-2 echo:mine@1-2 ");
}

TEST(PendingJoinTest, WhatIsInTheAnswerIsNotToldAgain) {
  PendingJoin join(kMe, "1-1", 1 << 20);
  EXPECT_TRUE(join.Hold(std::vector{Live({Message(kOther, "two", "1-2"), Message(kMe, "three", "1-3")})}));
  EXPECT_TRUE(join.Hold(std::vector{Live({Message(kMe, "four", "1-4")})}));
  const Broker::History history{.messages = {Message(kOther, "two", "1-2"), Message(kMe, "three", "1-3")},
                                .position = "1-1"};
  EXPECT_EQ(Told(join.FirstFrames(Room(1), history)),
            "welcome:complete@1-1 broadcast:two@1-2 echo:three@1-3 echo:four@1-4 ");
}

TEST(PendingJoinTest, WhatIsBehindTheAnswerFollowsIt) {
  PendingJoin join(kMe, "1-1", 1 << 20);
  EXPECT_TRUE(join.Hold(std::vector{Live({Message(kOther, "three", "1-3")})}));
  const Broker::History history{.messages = {Message(kOther, "two", "1-2")}, .position = "1-1"};
  EXPECT_EQ(Told(join.FirstFrames(Room(1), history)), "welcome:complete@1-1 broadcast:two@1-2 broadcast:three@1-3 ");
}

TEST(PendingJoinTest, ANewClientGetsWhatComesAfterItsPosition) {
  PendingJoin join(kMe, "", 1 << 20);
  EXPECT_TRUE(join.Hold(std::vector{Live({Message(kOther, "two", "1-2"), Message(kOther, "three", "1-3")})}));
  EXPECT_EQ(Told(join.FirstFrames(Room(1), Broker::History{.position = "1-2"})),
            "welcome:new@1-2 broadcast:three@1-3 ");
}

TEST(PendingJoinTest, AGapIsTold) {
  PendingJoin join(kMe, "1-1", 1 << 20);
  const Broker::History history{.kind = Kind::kGap, .messages = {Message(kOther, "nine", "1-9")}, .position = "1-8"};
  EXPECT_EQ(Told(join.FirstFrames(Room(1), history)), "welcome:gap@1-8 broadcast:nine@1-9 ");
}

TEST(PendingJoinTest, WithoutAnAnswerThereMayBeAGapAndThereIsNoPosition) {
  PendingJoin join(kMe, "1-1", 1 << 20);
  EXPECT_TRUE(join.Hold(std::vector{Live({Message(kOther, "two", "")})}));
  EXPECT_EQ(Told(join.FirstFrames(Room(1), absl::UnavailableError("away"))), "welcome:gap@ broadcast:two@ ");
  EXPECT_EQ(Told(PendingJoin(kMe, "", 1).FirstFrames(Room(1), absl::UnavailableError("away"))), "welcome:new@ ");
}

TEST(PendingJoinTest, WhatHasNoPositionIsKnownByItsId) {
  PendingJoin join(kMe, "1-1", 1 << 20);
  EXPECT_TRUE(join.Hold(
      std::vector{Live({Message(kOther, "two", ""), Message(kOther, "new", ""), Message(kOther, "three", "1-3")})}));
  const Broker::History history{.messages = {Message(kOther, "two", "1-2"), Message(kOther, "three", "1-3")},
                                .position = "1-1"};
  EXPECT_EQ(Told(join.FirstFrames(Room(1), history)),
            "welcome:complete@1-1 broadcast:two@1-2 broadcast:three@1-3 broadcast:new@ ");
}

TEST(PendingJoinTest, WhatAnOperatorSendsIsAlwaysTold) {
  std::string frame;
  AppendPresenceFrame(&frame, 7, "");
  PendingJoin join(kMe, "1-1", 1 << 20);
  EXPECT_TRUE(join.Hold(std::vector{OperatorPublication(frame, frame.size() - 2), Live({Message(kMe, "two", "1-2")})}));
  const Broker::History history{.messages = {Message(kMe, "two", "1-2")}, .position = "1-1"};
  EXPECT_EQ(Told(join.FirstFrames(Room(1), history)), "welcome:complete@1-1 echo:two@1-2 presence:@ ");
}

TEST(PendingJoinTest, AnOperatorsTextIsANoticeForThoseWhoMayResumeOnly) {
  const auto message = [] {
    std::string notice;
    const std::size_t size = AppendNoticeFrame(&notice, "\"Ops\"", "\"soon\"");
    std::string plain;
    const std::size_t plain_size = AppendPresenceFrame(&plain, 7, "");
    return OperatorPublication(plain, plain_size, notice, size);
  };
  PendingJoin join(kMe, "1-1", 1 << 20);
  EXPECT_TRUE(join.Hold(std::vector{message()}));
  const Broker::History first{.messages = {Message(kOther, "two", "1-2")}, .position = "1-1", .more = true};
  EXPECT_EQ(Told(join.FirstFrames(Room(1), first)), "welcome:complete@1-1 broadcast:two@1-2 notice:soon@ ");
  EXPECT_EQ(Told(join.FramesBetween(std::vector{message()})), "notice:soon@ ");
  EXPECT_TRUE(join.Hold(std::vector{message()}));
  EXPECT_EQ(Told(join.FurtherFrames(Broker::History{.position = "1-2"})), "replay:@ notice:soon@ ");
  PendingJoin plain(kMe, std::nullopt, 1 << 20);
  EXPECT_TRUE(plain.Hold(std::vector{message()}));
  EXPECT_EQ(Told(plain.FirstFrames(Room(1), Broker::History{.position = "1-2"})), "welcome:@ presence:@ ");
}

TEST(PendingJoinTest, HoldsNoMoreThanAllowed) {
  PendingJoin join(kMe, "", 5000);
  EXPECT_TRUE(join.Hold(std::vector{Live({Message(kOther, "x", "1-1")})}));
  EXPECT_FALSE(join.Hold(std::vector{Live({Message(kOther, std::string(5000, 'x'), "1-2")})}));
}

TEST(PendingJoinTest, WithoutAnAnswerWhatHasAPositionComesWithALaterAnswer) {
  PendingJoin join(kMe, "1-1", 1 << 20);
  EXPECT_TRUE(join.Hold(std::vector{Live({Message(kMe, "mine", "")}), Live({Message(kOther, "three", "1-3")})}));
  const absl::Status away = absl::UnavailableError("away");
  EXPECT_FALSE(join.Completes(away));
  EXPECT_EQ(Told(join.FirstFrames(Room(1), away)), "welcome:gap@ echo:mine@ ");
  EXPECT_EQ(join.since(), "1-1");
  const std::vector between{Live({Message(kOther, "four", "1-4")}), Live({Message(kOther, "local", "")})};
  EXPECT_EQ(Told(join.FramesBetween(between)), "broadcast:local@ ");
  // What was told without a position is not told again.
  const Broker::History history{
      .messages = {Message(kOther, "two", "1-2"), Message(kOther, "three", "1-3"), Message(kOther, "four", "1-4"),
                   Message(kMe, "mine", "1-5"), Message(kOther, "local", "1-6")},
      .position = "1-1"};
  EXPECT_TRUE(join.Completes(history));
  EXPECT_EQ(Told(join.FurtherFrames(history)), "replay:@ broadcast:two@1-2 broadcast:three@1-3 broadcast:four@1-4 ");
}

TEST(PendingJoinTest, AnAnswerThatIsNotTheLastIsFollowedByTheNext) {
  PendingJoin join(kMe, "1-1", 1 << 20);
  EXPECT_TRUE(join.Hold(std::vector{Live({Message(kOther, "four", "1-4")})}));
  const Broker::History first{.messages = {Message(kOther, "two", "1-2")}, .position = "1-1", .more = true};
  EXPECT_FALSE(join.Completes(first));
  EXPECT_EQ(Told(join.FirstFrames(Room(1), first)), "welcome:complete@1-1 broadcast:two@1-2 ");
  EXPECT_EQ(join.since(), "1-2");
  EXPECT_TRUE(join.Hold(std::vector{Live({Message(kOther, "five", "1-5")})}));
  const Broker::History last{.messages = {Message(kOther, "three", "1-3"), Message(kOther, "four", "1-4")},
                             .position = "1-2"};
  EXPECT_TRUE(join.Completes(last));
  EXPECT_EQ(Told(join.FurtherFrames(last)), "replay:@ broadcast:three@1-3 broadcast:four@1-4 broadcast:five@1-5 ");
}

TEST(PendingJoinTest, OverTheBoundAClientThatResumesReadsOn) {
  std::string frame;
  const std::size_t size = AppendPresenceFrame(&frame, 7, "");
  PendingJoin join(kMe, "1-1", 5000);
  EXPECT_TRUE(join.Hold(std::vector{Live({Message(kOther, "three", "1-3")}), OperatorPublication(frame, size)}));
  EXPECT_TRUE(join.Hold(std::vector{Live({Message(kOther, std::string(5000, 'x'), "1-4")})}));
  const Broker::History history{.messages = {Message(kOther, "two", "1-2"), Message(kOther, "three", "1-3")},
                                .position = "1-1"};
  EXPECT_FALSE(join.Completes(history));
  EXPECT_EQ(Told(join.FirstFrames(Room(1), history)),
            "welcome:complete@1-1 broadcast:two@1-2 broadcast:three@1-3 presence:@ ");
  EXPECT_EQ(join.since(), "1-3");
}

TEST(PendingJoinTest, WhoAsksForTheLastMessagesIsNewAndReadsOnFromThem) {
  PendingJoin join(kMe, "last-9", 1 << 20);
  const Broker::History first{.messages = {Message(kOther, "two", "1-2")}, .position = "1-1", .more = true};
  EXPECT_FALSE(join.Completes(first));
  const ClientFrames told = join.FirstFrames(Room(1), first);
  EXPECT_EQ(Told(told), "welcome:new@1-1 broadcast:two@1-2 ");
  EXPECT_NE(told.text.find(R"("replayed":1,"more":true})"), std::string::npos);
  EXPECT_EQ(join.since(), "1-2");
  EXPECT_TRUE(join.resumes());
  EXPECT_TRUE(join.Hold(std::vector{Live({Message(kOther, "four", "1-4")})}));
  const Broker::History last{.messages = {Message(kOther, "three", "1-3")}, .position = "1-2"};
  const ClientFrames rest = join.FurtherFrames(last);
  EXPECT_EQ(Told(rest), "replay:@ broadcast:three@1-3 broadcast:four@1-4 ");
  EXPECT_NE(rest.text.find(R"({"type":"replay","replayed":1})"), std::string::npos);
}

TEST(PendingJoinTest, WithoutAnAnswerWhoAsksForTheLastMessagesGetsThoseFromNowOn) {
  PendingJoin join(kMe, "last-9", 1 << 20);
  EXPECT_TRUE(join.Hold(std::vector{Live({Message(kOther, "one", "1-1"), Message(kOther, "two", "")})}));
  const absl::Status away = absl::UnavailableError("away");
  EXPECT_TRUE(join.Completes(away));
  EXPECT_EQ(Told(join.FirstFrames(Room(1), away)), "welcome:new@ broadcast:one@1-1 broadcast:two@ ");
}

TEST(PendingJoinTest, NamesArePartOfWhatIsReplayed) {
  PendingJoin join(kMe, "1-1", 1 << 20);
  RoomMessage named = Message(kOther, "two", "1-2");
  named.name = "A\"da";
  named.sent_ms = 5;
  const ClientFrames told = join.FirstFrames(Room(1), Broker::History{.messages = {named}, .position = "1-1"});
  EXPECT_NE(told.text.find(R"(,"name":"A\"da","message":"two","position":"1-2","messageId":"id-two","time":5})"),
            std::string::npos);
}

}  // namespace
}  // namespace viaduct::origin
