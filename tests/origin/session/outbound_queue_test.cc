#include "origin/session/outbound_queue.h"

#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <string>

#include "websocket/frame.h"

namespace viaduct::origin {
namespace {

std::shared_ptr<const std::string> Text(std::string text) {
  return std::make_shared<const std::string>(std::move(text));
}

OutboundQueue::Pushed PushAll(OutboundQueue* queue, std::string text) {
  const std::size_t size = text.size();
  return queue->Push(Text(std::move(text)), 0, size);
}

// Returns the waiting bytes, as one write would send them.
std::string Waiting(const OutboundQueue& queue) {
  std::array<iovec, 64> parts;
  std::string all;
  const int count = queue.Gather(parts);
  for (int i = 0; i < count; ++i) all.append(static_cast<const char*>(parts[i].iov_base), parts[i].iov_len);
  return all;
}

TEST(OutboundQueueTest, SendsWhatWasPushedInOrder) {
  OutboundQueue queue(1000);
  PushAll(&queue, "one");
  queue.Push(Text("-two-"), 1, 3);
  queue.PushAlways("three");
  EXPECT_EQ(queue.bytes(), 11u);
  EXPECT_EQ(Waiting(queue), "onetwothree");
}

TEST(OutboundQueueTest, APartialWriteLeavesTheRest) {
  OutboundQueue queue(1000);
  PushAll(&queue, "one");
  PushAll(&queue, "two");
  for (const std::string rest : {"netwo", "etwo", "two", "wo", "o", ""}) {
    queue.Sent(1);
    EXPECT_EQ(Waiting(queue), rest);
    EXPECT_EQ(queue.bytes(), rest.size());
  }
  EXPECT_TRUE(queue.empty());
}

TEST(OutboundQueueTest, AdjoiningPartsOfOneStringAreOnePart) {
  OutboundQueue queue(1000);
  const auto text = Text("abcdef");
  queue.Push(text, 0, 2);
  queue.Push(text, 2, 2);
  queue.Push(text, 5, 1);
  std::array<iovec, 8> parts;
  EXPECT_EQ(queue.Gather(parts), 2);
  EXPECT_EQ(Waiting(queue), "abcdf");
}

TEST(OutboundQueueTest, GatherStopsAtTheRoomItIsGiven) {
  OutboundQueue queue(1000);
  for (int i = 0; i < 10; ++i) PushAll(&queue, "x");
  std::array<iovec, 3> parts;
  EXPECT_EQ(queue.Gather(parts), 3);
}

TEST(OutboundQueueTest, WhatExceedsTheBoundIsSlowAndNotAppended) {
  OutboundQueue queue(1000);
  EXPECT_EQ(PushAll(&queue, std::string(500, 'a')), OutboundQueue::Pushed::kAccepted);
  EXPECT_EQ(PushAll(&queue, std::string(501, 'b')), OutboundQueue::Pushed::kSlow);
  EXPECT_EQ(Waiting(queue), std::string(500, 'a'));
  EXPECT_EQ(PushAll(&queue, std::string(200, 'c')), OutboundQueue::Pushed::kAccepted);
}

TEST(OutboundQueueTest, AnEmptyQueueTakesAMessageOfAnySize) {
  OutboundQueue queue(1000);
  EXPECT_EQ(PushAll(&queue, std::string(5000, 'a')), OutboundQueue::Pushed::kAccepted);
  EXPECT_EQ(PushAll(&queue, "b"), OutboundQueue::Pushed::kSlow);
  queue.Sent(5000);
  EXPECT_EQ(PushAll(&queue, std::string(5000, 'c')), OutboundQueue::Pushed::kAccepted);
}

TEST(OutboundQueueTest, ManyTinyPiecesCountForMoreThanTheirBytes) {
  OutboundQueue queue(10'000);
  int accepted = 0;
  while (PushAll(&queue, "x") == OutboundQueue::Pushed::kAccepted) ++accepted;
  EXPECT_LT(accepted, 1000);
  EXPECT_GT(accepted, 50);
}

TEST(OutboundQueueTest, ControlFramesAreTakenBeyondTheBound) {
  OutboundQueue queue(10);
  PushAll(&queue, std::string(20, 'a'));
  queue.PushAlways("close");
  EXPECT_EQ(Waiting(queue), std::string(20, 'a') + "close");
}

TEST(OutboundQueueTest, ASharedStringIsLetGoWhenItIsSent) {
  OutboundQueue queue(1000);
  const auto first = Text("first");
  const auto second = Text("second");
  queue.Push(first, 0, 5);
  queue.Push(second, 0, 6);
  EXPECT_EQ(first.use_count(), 2);
  queue.Sent(5);
  EXPECT_EQ(first.use_count(), 1);
  EXPECT_EQ(second.use_count(), 2);
  queue.Sent(6);
  EXPECT_EQ(second.use_count(), 1);
}

TEST(OutboundQueueTest, ALongQueueDrainsInAnyPieces) {
  OutboundQueue queue(1 << 20);
  std::string expected;
  for (int i = 0; i < 500; ++i) {
    const std::string piece = std::to_string(i) + ",";
    expected += piece;
    PushAll(&queue, piece);
  }
  std::string sent;
  std::size_t step = 1;
  while (!queue.empty()) {
    const std::string now = Waiting(queue).substr(0, step);
    sent += now;
    queue.Sent(now.size());
    step = step * 7 % 41 + 1;
  }
  EXPECT_EQ(sent, expected);
}

// ---- KeepOnlyBegunFrame: the bytes that may precede a Close.

struct Cut {
  std::size_t sent;
  std::string kept;
};

TEST(OutboundQueueTest, OnlyAFrameThatHasBegunIsKept) {
  const std::string a = websocket::EncodeFrame(websocket::Opcode::kText, "aaaa");                     // 6 bytes
  const std::string b = websocket::EncodeFrame(websocket::Opcode::kText, std::string(300, 'b'));      // 304 bytes
  const std::string c = websocket::EncodeFrame(websocket::Opcode::kBinary, std::string(70000, 'c'));  // 70010 bytes
  const std::string all = a + b + c;
  for (const Cut& cut : {
           Cut{0, ""},
           Cut{1, a.substr(1)},
           Cut{5, a.substr(5)},
           Cut{6, ""},
           Cut{7, b.substr(1)},
           Cut{6 + 303, b.substr(303)},
           Cut{6 + 304, ""},
           Cut{6 + 304 + 1, c.substr(1)},
           Cut{6 + 304 + 70009, c.substr(70009)},
       }) {
    OutboundQueue queue(1 << 20);
    PushAll(&queue, all);
    PushAll(&queue, websocket::EncodeFrame(websocket::Opcode::kText, "behind"));
    queue.Sent(cut.sent);
    EXPECT_TRUE(queue.KeepOnlyBegunFrame());
    EXPECT_EQ(queue.bytes(), cut.kept.size()) << cut.sent;
    EXPECT_TRUE(Waiting(queue) == cut.kept) << cut.sent;
    queue.PushAlways("close");
    EXPECT_TRUE(Waiting(queue) == cut.kept + "close") << cut.sent;
  }
}

TEST(OutboundQueueTest, TheBegunFrameIsFoundInAPartOfAString) {
  const std::string a = websocket::EncodeFrame(websocket::Opcode::kText, "aaaa");
  OutboundQueue queue(1000);
  queue.Push(Text(a + a + a), 6, 12);
  queue.Sent(8);
  EXPECT_TRUE(queue.KeepOnlyBegunFrame());
  EXPECT_EQ(Waiting(queue), a.substr(2));
}

TEST(OutboundQueueTest, AHalfSentHandshakeCannotBeFollowedByAClose) {
  OutboundQueue queue(1000);
  PushAll(&queue, "HTTP/1.1 101 Switching Protocols\r\n\r\n");
  queue.Sent(10);
  EXPECT_FALSE(queue.KeepOnlyBegunFrame());
}

TEST(OutboundQueueTest, NothingIsKeptOfAnEmptyQueue) {
  OutboundQueue queue(1000);
  EXPECT_TRUE(queue.KeepOnlyBegunFrame());
  EXPECT_TRUE(queue.empty());
}

}  // namespace
}  // namespace viaduct::origin
