#include "origin/http/upgrade_request.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace viaduct::origin {
namespace {

constexpr std::string_view kGood =
    "GET /websocket HTTP/1.1\r\nHost: example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

// Returns `kGood` with `from` replaced by `to`.
std::string With(std::string_view from, std::string_view to) {
  std::string head(kGood);
  head.replace(head.find(from), from.size(), to);
  return head;
}

// Returns "" if the handshake is valid.
std::string Judged(const std::string& text) {
  static std::array<http::Field, 200> storage;
  http::RequestHead head;
  const auto error = http::ParseRequestHead(text, http::HeadLimits(), storage, &head);
  if (error) return "head: " + std::string(http::kHeadErrors.Name(*error));
  std::string_view key;
  const auto refusal = CheckUpgrade(head, &key);
  return refusal ? std::string(kUpgradeRefusals.Name(*refusal)) : "";
}

TEST(UpgradeRequestTest, TheHandshakeOfTheRfcIsGood) {
  std::array<http::Field, 200> storage;
  http::RequestHead head;
  ASSERT_FALSE(http::ParseRequestHead(kGood, http::HeadLimits(), storage, &head));
  std::string_view key;
  EXPECT_EQ(CheckUpgrade(head, &key), std::nullopt);
  EXPECT_EQ(key, "dGhlIHNhbXBsZSBub25jZQ==");
}

struct Row {
  std::string head;
  std::string_view refusal;
};

TEST(UpgradeRequestTest, EachHandshakeIsJudged) {
  for (const Row& row : {
           Row{std::string(kGood), ""},
           Row{With("Upgrade: websocket", "UPGRADE: WebSocket"), ""},
           Row{With("Connection: Upgrade", "connection: keep-alive, upgrade"), ""},
           Row{With("Connection: Upgrade", "Connection: keep-alive\r\nConnection: upgrade"), ""},
           Row{With("Sec-WebSocket-Version: 13", "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: chat"), ""},
           Row{With("Upgrade: websocket", "Upgrade: websocket\r\nSec-WebSocket-Extensions: permessage-deflate"), ""},
           Row{With("Upgrade: websocket", "Upgrade: websocket\r\nContent-Length: 0"), ""},
           Row{With("GET", "POST"), "not_get"},
           Row{With("GET", "HEAD"), "not_get"},
           Row{With("Upgrade: websocket", "Upgrade: websocket\r\nContent-Length: 4"), "has_body"},
           Row{With("Upgrade: websocket", "Upgrade: websocket\r\nTransfer-Encoding: chunked"), "has_body"},
           Row{With("HTTP/1.1", "HTTP/1.0"), "not_asked_for"},
           Row{With("Upgrade: websocket\r\n", ""), "not_asked_for"},
           Row{With("Upgrade: websocket", "Upgrade: h2c"), "not_asked_for"},
           Row{With("Upgrade: websocket", "Upgrade: websocket, h2c"), "not_asked_for"},
           Row{With("Upgrade: websocket", "Upgrade: websocket\r\nUpgrade: websocket"), "not_asked_for"},
           Row{With("Connection: Upgrade\r\n", ""), "connection_mismatch"},
           Row{With("Connection: Upgrade", "Connection: keep-alive"), "connection_mismatch"},
           Row{With("Sec-WebSocket-Version: 13\r\n", ""), "wrong_version"},
           Row{With("Version: 13", "Version: 8"), "wrong_version"},
           Row{With("Version: 13", "Version: 13, 8"), "wrong_version"},
           Row{With("Version: 13", "Version: 13\r\nSec-WebSocket-Version: 13"), "wrong_version"},
           Row{With("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", ""), "bad_key"},
           Row{With("dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub25jZQ"), "bad_key"},
           Row{With("dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZQ=="), "bad_key"},
           Row{With("dGhlIHNhbXBsZSBub25jZQ==", "AQIDBAUGBwgJCgsMDQ4PEC=="), ""},
           Row{With("\r\n\r\n", "\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"), "bad_key"},
       }) {
    EXPECT_EQ(Judged(row.head), row.refusal) << row.head;
  }
}

}  // namespace
}  // namespace viaduct::origin
