#include "origin/message/message_batch.h"

#include <gtest/gtest.h>

#include <string>

#include "ops/log/json_line.h"
#include "origin/message/chat_frames.h"

namespace viaduct::origin {
namespace {

constexpr std::string_view kA = "a83b55ae-92ba-4b01-8c0e-b4079569f24a";
constexpr std::string_view kB = "cdeed963-7774-4afb-a565-b9344ddfc327";

std::string Broadcast(std::string_view from, std::string_view message) {
  std::string json;
  ops::AppendJsonString(&json, message);
  std::string frame;
  AppendBroadcastFrame(&frame, from, json);
  return frame;
}

std::string Echo(std::string_view from, std::string_view message) {
  std::string json;
  ops::AppendJsonString(&json, message);
  std::string frame;
  AppendEchoFrame(&frame, from, json);
  return frame;
}

TEST(MessageBatchTest, FramesStandBackToBackInOrder) {
  MessageBatch batch;
  batch.Add(nullptr, *Uuid::Parse(kA), false, "one", MessageBatch::Audience::kEveryone);
  batch.Add(nullptr, *Uuid::Parse(kB), false, "two", MessageBatch::Audience::kEveryone);
  EXPECT_FALSE(batch.empty());
  const MessageBatch::Taken taken = batch.Take();
  EXPECT_TRUE(batch.empty());
  EXPECT_EQ(batch.bytes(), 0u);
  EXPECT_EQ(taken.publication->frames, Broadcast(kA, "one") + Broadcast(kB, "two"));
  EXPECT_EQ(taken.publication->messages, 2u);
  EXPECT_EQ(*taken.publication->echoes, Echo(kA, "one") + Echo(kB, "two"));
  ASSERT_EQ(taken.entries.size(), 2u);
  EXPECT_EQ(taken.entries[1].part.broadcast_begin, taken.entries[0].part.broadcast_end);
  EXPECT_EQ(taken.entries[1].part.broadcast_end, taken.publication->frames.size());
  EXPECT_EQ(taken.entries[1].part.messages_before, 1u);
  EXPECT_EQ(taken.entries[1].part.payload_before, taken.entries[0].part.broadcast_payload);
  EXPECT_EQ(taken.publication->payload_bytes,
            taken.entries[0].part.broadcast_payload + taken.entries[1].part.broadcast_payload);
}

TEST(MessageBatchTest, NoBroadcastIsMadeThatNobodyHears) {
  MessageBatch batch;
  batch.Add(nullptr, *Uuid::Parse(kA), false, "alone", MessageBatch::Audience::kSenderOnly);
  const MessageBatch::Taken taken = batch.Take();
  EXPECT_EQ(taken.publication->frames, "");
  EXPECT_EQ(taken.publication->messages, 0u);
  EXPECT_EQ(*taken.publication->echoes, Echo(kA, "alone"));
  EXPECT_EQ(taken.entries[0].part.broadcast_begin, taken.entries[0].part.broadcast_end);
}

TEST(MessageBatchTest, BinaryMessagesAreDecodedAsNodeDecodesABuffer) {
  MessageBatch batch;
  batch.Add(nullptr, *Uuid::Parse(kA), true, "\xff\x00z", MessageBatch::Audience::kSenderOnly);
  batch.Add(nullptr, *Uuid::Parse(kA), true, std::string_view("\xe3\x81\x82\xe3\x81", 5),
            MessageBatch::Audience::kSenderOnly);
  const MessageBatch::Taken taken = batch.Take();
  EXPECT_EQ(*taken.publication->echoes, Echo(kA, "\ufffd") + Echo(kA, "\u3042\ufffd"));
  EXPECT_TRUE(taken.entries[0].binary);
  EXPECT_EQ(taken.entries[1].bytes, 5u);
}

TEST(MessageBatchTest, StorageGivenBackIsUsedAgain) {
  MessageBatch batch;
  batch.Add(nullptr, *Uuid::Parse(kA), false, "one", MessageBatch::Audience::kEveryone);
  MessageBatch::Taken taken = batch.Take();
  const auto* storage = taken.entries.data();
  batch.Recycle(std::move(taken.entries));
  batch.Add(nullptr, *Uuid::Parse(kA), false, "two", MessageBatch::Audience::kEveryone);
  taken = batch.Take();
  EXPECT_EQ(taken.entries.data(), storage);
  EXPECT_EQ(taken.entries.size(), 1u);
}

}  // namespace
}  // namespace viaduct::origin
