#include "origin/message/chat_frames.h"

#include <gtest/gtest.h>

#include <string>

#include "ops/log/json_line.h"
#include "websocket/frame.h"

namespace viaduct::origin {
namespace {

constexpr std::string_view kId = "a83b55ae-92ba-4b01-8c0e-b4079569f24a";

std::string TextFrame(std::string_view payload) { return websocket::EncodeFrame(websocket::Opcode::kText, payload); }

std::string Json(std::string_view text) {
  std::string json;
  ops::AppendJsonString(&json, text);
  return json;
}

// The exact bytes that clients of the plain protocol rely on.

TEST(ChatFramesTest, WelcomeHasTheKnownBytes) {
  std::string frame;
  const std::size_t payload = AppendWelcomeFrame(&frame, kId, 4);
  const std::string json = R"({"type":"welcome","id":"a83b55ae-92ba-4b01-8c0e-b4079569f24a","clientCount":4})";
  EXPECT_EQ(frame, TextFrame(json));
  EXPECT_EQ(payload, json.size());
}

TEST(ChatFramesTest, EchoHasTheKnownBytes) {
  std::string frame;
  AppendEchoFrame(&frame, kId, Json("こんにちは a83b55ae-92ba-4b01-8c0e-b4079569f24a です"));
  EXPECT_EQ(frame, TextFrame(R"({"type":"echo","from":"a83b55ae-92ba-4b01-8c0e-b4079569f24a",)"
                             R"("message":"こんにちは a83b55ae-92ba-4b01-8c0e-b4079569f24a です"})"));
}

TEST(ChatFramesTest, BroadcastHasTheKnownBytes) {
  std::string frame;
  AppendBroadcastFrame(&frame, "cdeed963-7774-4afb-a565-b9344ddfc327", Json("元気ですか?"));
  EXPECT_EQ(frame, TextFrame(R"({"type":"broadcast","from":"cdeed963-7774-4afb-a565-b9344ddfc327",)"
                             R"("message":"元気ですか?"})"));
}

TEST(ChatFramesTest, WhatStandsBesideAMessageFitsIntoAKibibyte) {
  // So that the default of limits.max_message_bytes, 31 KiB, makes broadcasts of at most 32 KiB.
  std::string echo;
  // The longest that a name may be, if each of its bytes is escaped.
  AppendEchoFrame(&echo, kId, Json(std::string(31 << 10, 'x')), Json(std::string(128, '"')));
  std::string_view rest = echo;
  std::string frame;
  // The longest that Broker allows for a position, and longer than any id.
  const std::string place(64, '9');
  const std::size_t payload = AppendPositionedBroadcastFrame(
      &frame, TakePayload(&rest), {.position = place, .id = place + place, .sent_ms = 1LL << 62});
  EXPECT_LE(payload, std::size_t{32} << 10);
}

struct Escaped {
  std::string_view message;
  std::string_view json;
};

TEST(ChatFramesTest, TextIsEscapedAsJsonStringifyDoes) {
  for (const Escaped& row : {
           Escaped{"", R"("")"},
           Escaped{"\"\\/", R"("\"\\/")"},
           Escaped{"\b\f\n\r\t", R"("\b\f\n\r\t")"},
           Escaped{std::string_view("\0\x01\x1f\x7f", 4), "\"\\u0000\\u0001\\u001f\x7f\""},
           Escaped{"\u2028\u2029<>&'", "\"\u2028\u2029<>&'\""},
           Escaped{"\xff\xc3(\xf0\x9f\x98", "\"\ufffd\ufffd(\ufffd\""},
       }) {
    std::string frame;
    AppendEchoFrame(&frame, kId, Json(row.message));
    EXPECT_EQ(frame, TextFrame(R"({"type":"echo","from":"a83b55ae-92ba-4b01-8c0e-b4079569f24a","message":)" +
                               std::string(row.json) + "}"));
  }
}

TEST(ChatFramesTest, FramesOfAllThreeLengthFormsAreWhole) {
  for (const std::size_t size : {10u, 1000u, 100'000u}) {
    const std::string message(size, 'x');
    std::string frame = "before";
    AppendBroadcastFrame(&frame, kId, Json(message));
    EXPECT_TRUE(frame == "before" + TextFrame(R"({"type":"broadcast","from":"a83b55ae-92ba-4b01-8c0e-b4079569f24a",)"
                                              R"("message":")" +
                                              message + "\"}"))
        << size;
  }
}

}  // namespace
}  // namespace viaduct::origin
