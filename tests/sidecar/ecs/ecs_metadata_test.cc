#include "sidecar/ecs/ecs_metadata.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <thread>

#include "tests/support/scripted_peer.h"
#include "text/text_buffer.h"

namespace viaduct::sidecar {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;

// Fargate's answer on platform 1.4, shortened.
constexpr char kTask[] = R"({
  "Cluster": "arn:aws:ecs:us-east-1:111122223333:cluster/chat",
  "TaskARN": "arn:aws:ecs:us-east-1:111122223333:task/chat/e9028f8d5d8e4f258373e7b93ce9a3c3",
  "Family": "chat", "Revision": "7", "DesiredStatus": "RUNNING", "KnownStatus": "RUNNING",
  "Containers": [{"Name": "sidecar", "Limits": {"CPU": 10}}],
  "LaunchType": "FARGATE", "AvailabilityZone": "us-east-1d"})";

TEST(EcsMetadataTest, TheTaskIdIsTheLastPartOfItsArn) {
  const absl::StatusOr<EcsMetadata> metadata = ParseEcsMetadata(kTask);
  ASSERT_TRUE(metadata.ok()) << metadata.status();
  EXPECT_EQ(metadata->task_id, "e9028f8d5d8e4f258373e7b93ce9a3c3");
  EXPECT_EQ(metadata->availability_zone, "us-east-1d");
}

TEST(EcsMetadataTest, AnArnWithoutClusterAndAnAnswerWithoutZoneWillDo) {
  const absl::StatusOr<EcsMetadata> metadata = ParseEcsMetadata(R"({"TaskARN":"arn:aws:ecs:r:1:task/ab-c"})");
  ASSERT_TRUE(metadata.ok()) << metadata.status();
  EXPECT_EQ(metadata->task_id, "ab-c");
  EXPECT_EQ(metadata->availability_zone, "");
}

TEST(EcsMetadataTest, WhatIsNoMetadataIsRefused) {
  const std::string long_arn = R"({"TaskARN":"task/)" + std::string(2048, 'x') + "\"}";
  for (const std::string& text :
       {std::string(), std::string("404 page not found"), std::string("[]"), std::string("null"), std::string("{"),
        std::string("{}"), std::string(R"({"TaskARN":7})"), std::string(R"({"TaskARN":"abc"})"),
        std::string(R"({"TaskARN":"task/"})"), std::string(100'000, '['), long_arn}) {
    EXPECT_EQ(ParseEcsMetadata(text).status().code(), absl::StatusCode::kInvalidArgument) << text.substr(0, 40);
  }
}

TEST(EcsMetadataTest, TheEndpointIsAskedForItsTask) {
  ScriptedUpstream endpoint;
  std::string request;
  std::thread thread([&] {
    ScriptedPeer peer = endpoint.Accept();
    request = peer.ReadThrough("\r\n\r\n");
    peer.Send("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
    peer.Send(kTask);
  });
  const absl::StatusOr<EcsMetadata> metadata =
      ReadEcsMetadata("http://" + endpoint.address().ToString() + "/v4/abc", kPatience);
  thread.join();
  ASSERT_TRUE(metadata.ok()) << metadata.status();
  EXPECT_EQ(metadata->task_id, "e9028f8d5d8e4f258373e7b93ce9a3c3");
  EXPECT_EQ(request.substr(0, 27), "GET /v4/abc/task HTTP/1.1\r\n");
}

TEST(EcsMetadataTest, WithoutAnAnswerThereIsAnErrorInTime) {
  ScriptedUpstream endpoint;
  const std::string uri = "http://" + endpoint.address().ToString();
  EXPECT_EQ(ReadEcsMetadata(uri, milliseconds(50)).status().code(), absl::StatusCode::kDeadlineExceeded);
  endpoint.StopListening();
  EXPECT_EQ(ReadEcsMetadata(uri, kPatience).status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(ReadEcsMetadata("nonsense", kPatience).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(EcsMetadataTest, AnotherStatusIsAnError) {
  ScriptedUpstream endpoint;
  std::thread thread([&] {
    ScriptedPeer peer = endpoint.Accept();
    peer.ReadThrough("\r\n\r\n");
    peer.Send("HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n");
  });
  EXPECT_EQ(ReadEcsMetadata("http://" + endpoint.address().ToString(), kPatience).status().message(), "status 500");
  thread.join();
}

TEST(EcsMetadataTest, LogLinesTellTaskAndZone) {
  ops::LogLines lines(1, "h");
  AddTo(&lines, {.task_id = "t1", .availability_zone = "us-east-1d"});
  text::TextBuffer text;
  lines.Start(&text, ops::LogLevel::kInfo, std::chrono::system_clock::time_point()).End("a");
  EXPECT_THAT(std::string(text.view()),
              HasSubstr(R"("hostname":"h","task":"t1","availabilityZone":"us-east-1d","msg":"a"})"));
  ops::LogLines without(1, "h");
  AddTo(&without, {.task_id = "t1", .availability_zone = ""});
  text.Clear();
  without.Start(&text, ops::LogLevel::kInfo, std::chrono::system_clock::time_point()).End("a");
  EXPECT_THAT(std::string(text.view()), HasSubstr(R"("hostname":"h","task":"t1","msg":"a"})"));
}

}  // namespace
}  // namespace viaduct::sidecar
