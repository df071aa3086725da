#include "origin/message/publication.h"

#include <gtest/gtest.h>

#include <array>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "origin/message/chat_frames.h"
#include "origin/message/frame_deflater.h"
#include "origin/message/uuid.h"
#include "origin/room/first_frames.h"
#include "origin/room/hub.h"
#include "origin/room/room.h"
#include "websocket/frame.h"
#include "websocket/opcode.h"

namespace viaduct::origin {
namespace {

constexpr std::string_view kA = "a83b55ae-92ba-4b01-8c0e-b4079569f24a";
constexpr std::string_view kB = "cdeed963-7774-4afb-a565-b9344ddfc327";

// Two messages at 7 and 8, the first of which no client of the plain protocol was there to hear.
std::shared_ptr<Publication> Two() {
  std::string echoes;
  AppendEchoFrame(&echoes, kA, R"("one")");
  AppendEchoFrame(&echoes, kB, "\"" + std::string(200, '2') + "\"");
  auto publication = std::make_shared<Publication>();
  publication->payload_bytes = AppendBroadcastFrame(&publication->frames, kB, "\"" + std::string(200, '2') + "\"");
  publication->messages = 1;
  publication->echoes = std::make_shared<const std::string>(std::move(echoes));
  publication->count = 2;
  publication->places = {.epoch = 0xabc, .first = 7};
  return publication;
}

std::string Said(std::string_view type, std::string_view from, std::string_view message, int number) {
  const std::string place = "0000000000000abc-" + std::to_string(number);
  return R"({"type":")" + std::string(type) + R"(","from":")" + std::string(from) + R"(","message":")" +
         std::string(message) + R"(","position":")" + place + R"(","messageId":")" + place + R"("})";
}

TEST(PlacesTest, ArePositionsOfOneSpelling) {
  Places::Buffer buffer;
  EXPECT_EQ(Places::Write(0, 0, &buffer), "0000000000000000-0");
  EXPECT_EQ(Places::Write(~std::uint64_t{0}, ~std::uint64_t{0}, &buffer), "ffffffffffffffff-18446744073709551615");
}

TEST(PublicationTest, ResumingClientsGetAllMessagesWithTheirPlaces) {
  const SharedPublication publication = Two();
  const Broadcasts broadcasts = BroadcastsOf(*publication, {.dialect = Dialect::kResuming});
  EXPECT_EQ(broadcasts.messages, 2u);
  std::string_view rest = *broadcasts.frames;
  const std::string one = Said("broadcast", kA, "one", 7);
  const std::string two = Said("broadcast", kB, std::string(200, '2'), 8);
  EXPECT_EQ(TakePayload(&rest), one);
  EXPECT_EQ(TakePayload(&rest), two);
  EXPECT_EQ(rest, "");
  EXPECT_EQ(broadcasts.payload_bytes, one.size() + two.size());
  EXPECT_EQ(BroadcastsOf(*publication, {.dialect = Dialect::kPlain}).messages, 1u);
}

TEST(PublicationTest, EachMessagesPartIsKnown) {
  const SharedPublication publication = Two();
  const PositionedFrames& positioned = publication->Positioned();
  ASSERT_EQ(positioned.parts.size(), 2u);
  const FramePart& second = positioned.parts[1];
  std::string_view echo = std::string_view(positioned.echoes).substr(second.echo_begin);
  EXPECT_EQ(second.echo_end, positioned.echoes.size());
  EXPECT_EQ(second.echo_payload, TakePayload(&echo).size());
  std::string_view broadcast = std::string_view(positioned.broadcasts).substr(second.broadcast_begin);
  EXPECT_EQ(TakePayload(&broadcast), Said("broadcast", kB, std::string(200, '2'), 8));
  EXPECT_EQ(positioned.parts[0].broadcast_end, second.broadcast_begin);
  EXPECT_EQ(second.messages_before, 1u);
  EXPECT_EQ(second.payload_before, positioned.parts[0].broadcast_payload);
  std::string_view echoes = *EchoesOf(publication, Dialect::kResuming);
  EXPECT_EQ(TakePayload(&echoes), Said("echo", kA, "one", 7));
}

TEST(PublicationTest, WhatAnOperatorSendsIsTheSameForAll) {
  const SharedPublication publication = OperatorPublication("frame", 3);
  for (const Dialect dialect : {Dialect::kPlain, Dialect::kResuming}) {
    const Broadcasts broadcasts = BroadcastsOf(*publication, {.dialect = dialect});
    EXPECT_EQ(*broadcasts.frames, "frame");
    EXPECT_EQ(broadcasts.messages, 1u);
    EXPECT_EQ(broadcasts.payload_bytes, 3u);
  }
}

TEST(PublicationTest, ANoticeIsForResumingClientsOnly) {
  const SharedPublication publication = OperatorPublication("frame", 3, "notice", 4);
  EXPECT_EQ(*BroadcastsOf(*publication, {.dialect = Dialect::kPlain}).frames, "frame");
  const Broadcasts notice = BroadcastsOf(*publication, {.dialect = Dialect::kResuming});
  EXPECT_EQ(*notice.frames, "notice");
  EXPECT_EQ(notice.messages, 1u);
  EXPECT_EQ(notice.payload_bytes, 4u);
}

TEST(PublicationTest, ManyThreadsMayAskFirst) {
  const SharedPublication publication = Two();
  std::vector<std::thread> threads;
  std::vector<const std::string*> seen(4);
  for (std::size_t i = 0; i < seen.size(); ++i) {
    threads.emplace_back([&, i] { seen[i] = BroadcastsOf(*publication, {.dialect = Dialect::kResuming}).frames; });
  }
  for (std::thread& thread : threads) thread.join();
  for (const std::string* frames : seen) EXPECT_EQ(frames, seen[0]);
}

TEST(ReplayTest, TellsAPartOfABatchAsBroadcasts) {
  const SharedPublication publication = Two();
  Room room("r", 0xabc);
  const Hub::Joined joined{.room = &room,
                           .client_count = 2,
                           .resume = Resume::kComplete,
                           .position = 7,
                           .missed = {{.echoes = publication->echoes,
                                       .skip = 1,
                                       .first = 8,
                                       .count = 1,
                                       .time = net::Clock::time_point(std::chrono::seconds(70))}},
                           .time = net::Clock::time_point(std::chrono::seconds(71)),
                           .epoch = 0xabc};
  const ClientFrames frames = FirstFrames(*Uuid::Parse(kA), Dialect::kResuming, joined, 99,
                                          std::chrono::system_clock::time_point(std::chrono::seconds(5)));
  EXPECT_EQ(frames.messages, 2u);
  std::string_view rest = frames.text;
  const std::string welcome =
      R"({"type":"welcome","id":")" + std::string(kA) +
      R"(","clientCount":2,"room":"r","resume":"complete","position":"0000000000000abc-7","maxMessageBytes":99)"
      R"(,"replayed":1})";
  std::string two = Said("broadcast", kB, std::string(200, '2'), 8);
  two.insert(two.size() - 1, ",\"time\":4000");
  EXPECT_EQ(TakePayload(&rest), welcome);
  EXPECT_EQ(TakePayload(&rest), two);
  EXPECT_EQ(rest, "");
  EXPECT_EQ(frames.payload_bytes, welcome.size() + two.size());
}

TEST(ReplayTest, APlainClientGetsThePlainWelcomeAndNothingElse) {
  Room room("r", 0xabc);
  const ClientFrames frames =
      FirstFrames(*Uuid::Parse(kA), Dialect::kPlain, {.room = &room, .client_count = 2}, 99, {});
  std::string_view rest = frames.text;
  EXPECT_EQ(TakePayload(&rest), R"({"type":"welcome","id":")" + std::string(kA) + R"(","clientCount":2})");
  EXPECT_EQ(rest, "");
}

TEST(PublicationTest, ItIsCompressedOnceForEachFormWhoeverAsks) {
  const SharedPublication publication =
      OperatorPublication(websocket::EncodeFrame(websocket::Opcode::kText, std::string(1000, 'o')), 1000);
  std::array<DeflateCounters, 4> counters;
  std::array<const std::string*, 4> seen{};
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < counters.size(); ++i) {
    threads.emplace_back([&, i] {
      FrameDeflater deflater(1, &counters[i]);
      // An operator's message is the same in every dialect.
      const FrameFormat form{.dialect = i % 2 == 0 ? Dialect::kPlain : Dialect::kResuming, .window_bits = 15};
      seen[i] = BroadcastsOf(*publication, form, &deflater).frames;
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::uint64_t times = 0;
  for (const DeflateCounters& counted : counters) times += counted.messages.value();
  EXPECT_EQ(times, 1u);
  EXPECT_EQ(std::set(seen.begin(), seen.end()).size(), 1u);
  EXPECT_LT(seen[0]->size(), 100u);
  EXPECT_EQ(FramesOf(publication, {.window_bits = 15}).get(), seen[0]);

  DeflateCounters other;
  FrameDeflater deflater(1, &other);
  EXPECT_NE(BroadcastsOf(*publication, {.window_bits = 9}, &deflater).frames, seen[0]);
  EXPECT_EQ(other.messages.value(), 1u);
  EXPECT_EQ(BroadcastsOf(*publication, {}, &deflater).frames, &publication->frames);
}

}  // namespace
}  // namespace viaduct::origin
