#include "ops/program/http_call.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "tests/support/scripted_peer.h"

namespace viaduct::ops {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

std::string UrlOf(const ScriptedUpstream& server, const std::string& path) {
  return "http://" + server.address().ToString() + path;
}

// Answers one request with `answer` and closes; returns the request's head.
std::string AnswerOne(ScriptedUpstream* server, const std::string& answer) {
  ScriptedPeer peer = server->Accept();
  std::string request = peer.ReadThrough("\r\n\r\n");
  peer.Send(answer);
  return request;
}

TEST(HttpCallTest, AnAnswerOfAnyStatusIsAnAnswer) {
  for (const int status : {200, 204, 400, 500}) {
    ScriptedUpstream server;
    std::string request;
    std::thread thread([&] {
      const std::string body = status == 204 ? "" : "Content-Length: 2\r\n\r\nhi";
      request = AnswerOne(&server, "HTTP/1.1 " + std::to_string(status) + " X\r\n" + (body.empty() ? "\r\n" : body));
    });
    const absl::StatusOr<HttpCallAnswer> answer = CallHttp({.url = UrlOf(server, "/a?b"), .timeout = kPatience});
    thread.join();
    ASSERT_TRUE(answer.ok()) << answer.status();
    EXPECT_EQ(answer->status, status);
    EXPECT_EQ(answer->body, status == 204 ? "" : "hi");
    EXPECT_EQ(request, "GET /a?b HTTP/1.1\r\nHost: " + server.address().ToString() + "\r\nConnection: close\r\n\r\n");
  }
}

TEST(HttpCallTest, ABodyIsSentAsJson) {
  ScriptedUpstream server;
  std::string request;
  std::thread thread([&] {
    ScriptedPeer peer = server.Accept();
    request = peer.ReadThrough("\r\n\r\n") + peer.Read(7);
    peer.Send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n");
  });
  const absl::StatusOr<HttpCallAnswer> answer =
      CallHttp({.method = "PUT", .url = UrlOf(server, "/x"), .json_body = "{\"a\":1}", .timeout = kPatience});
  thread.join();
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->body, "{}");
  EXPECT_EQ(request.substr(0, 17), "PUT /x HTTP/1.1\r\n");
  EXPECT_NE(request.find("\r\nContent-Type: application/json\r\n"), std::string::npos) << request;
  EXPECT_NE(request.find("\r\nContent-Length: 7\r\n"), std::string::npos) << request;
  EXPECT_EQ(request.substr(request.size() - 7), "{\"a\":1}");
}

TEST(HttpCallTest, PlainHttpCallsAddressesOnly) {
  for (const char* url : {"", "127.0.0.1", "ftp://127.0.0.1/", "http://localhost/", "http://127.0.0.1:0/",
                          "http://127.0.0.1:65536/", "http://127.0.0.1:x/", "http://::1/", "http://[::1/",
                          "http://[127.0.0.1]/", "http://127.0.0.1/a b", "http://127.0.0.1/\r\nX: y"}) {
    EXPECT_EQ(CallHttp({.url = url}).status().code(), absl::StatusCode::kInvalidArgument) << url;
  }
}

TEST(HttpCallTest, SilenceEndsAtTheDeadline) {
  ScriptedUpstream server;
  const auto begin = steady_clock::now();
  const absl::Status status = CallHttp({.url = UrlOf(server, "/"), .timeout = milliseconds(100)}).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded) << status;
  EXPECT_GE(steady_clock::now() - begin, milliseconds(100));
  EXPECT_LT(steady_clock::now() - begin, kPatience);
}

TEST(HttpCallTest, AnAnswerThatDripsEndsAtTheDeadline) {
  ScriptedUpstream server;
  std::thread thread([&] {
    ScriptedPeer peer = server.Accept();
    peer.ReadThrough("\r\n\r\n");
    peer.Send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
    while (peer.Send("x") && peer.ReadFor(milliseconds(20)).empty() && peer.end() == PeerEnd::kOpen) continue;
  });
  const absl::Status status = CallHttp({.url = UrlOf(server, "/"), .timeout = milliseconds(300)}).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded) << status;
  thread.join();
}

TEST(HttpCallTest, NobodyThereIsToldAtOnce) {
  ScriptedUpstream server;
  const std::string url = UrlOf(server, "/");
  server.StopListening();
  const absl::Status status = CallHttp({.url = url, .timeout = kPatience}).status();
  EXPECT_EQ(status, absl::UnavailableError("Connection refused"));
}

TEST(HttpCallTest, WhatIsNoHttpOrTooMuchIsAnError) {
  const std::string long_body(65537, 'x');
  for (const std::string& text :
       {std::string("hello\r\n\r\n"), std::string(), std::string("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab"),
        "HTTP/1.1 200 OK\r\nA: " + std::string(9000, 'x') + "\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 65537\r\n\r\n" + long_body, "HTTP/1.1 200 OK\r\n\r\n" + long_body}) {
    ScriptedUpstream server;
    std::thread thread([&] { AnswerOne(&server, text); });
    const absl::StatusOr<HttpCallAnswer> answer = CallHttp({.url = UrlOf(server, "/"), .timeout = kPatience});
    thread.join();
    EXPECT_EQ(answer.status().code(), absl::StatusCode::kUnavailable) << text.substr(0, 50) << answer.status();
  }
}

TEST(HttpCallTest, TheLongestAnswerIsTaken) {
  ScriptedUpstream server;
  const std::string body(65536, 'x');
  std::thread thread([&] { AnswerOne(&server, "HTTP/1.1 200 OK\r\nContent-Length: 65536\r\n\r\n" + body); });
  const absl::StatusOr<HttpCallAnswer> answer = CallHttp({.url = UrlOf(server, "/"), .timeout = kPatience});
  thread.join();
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->body, body);
}

}  // namespace
}  // namespace viaduct::ops
