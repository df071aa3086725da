#include "sidecar/request/upgrade.h"

#include <gtest/gtest.h>

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace viaduct::sidecar {
namespace {

constexpr std::string_view kLine = "GET /websocket HTTP/1.1\r\nHost: h\r\n";
constexpr std::string_view kUpgrade = "Upgrade: websocket\r\n";
constexpr std::string_view kConnection = "Connection: upgrade\r\n";
constexpr std::string_view kVersion = "Sec-WebSocket-Version: 13\r\n";
constexpr std::string_view kKey = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
// The answer to the key above, from RFC 6455 section 1.3.
constexpr std::string_view kAccept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

// Returns "ok", or the name of the error.
std::string Check(const std::string& text) {
  std::array<http::Field, 64> storage;
  http::RequestHead head;
  const auto broken = http::ParseRequestHead(text, http::HeadLimits(), storage, &head);
  if (broken.has_value()) return "head: " + std::string(http::kHeadErrors.Name(*broken));
  std::string_view key;
  const std::optional<UpgradeError> error = CheckUpgradeRequest(head, &key);
  if (error.has_value()) return std::string(kUpgradeErrors.Name(*error));
  EXPECT_EQ(key, "dGhlIHNhbXBsZSBub25jZQ==");
  return "ok";
}

std::string Head(std::string_view line, std::initializer_list<std::string_view> fields) {
  std::string text(line);
  for (const std::string_view field : fields) text += field;
  return text + "\r\n";
}

TEST(UpgradeTest, OnlyAHandshakeOfRfc6455IsAccepted) {
  const struct {
    std::string head;
    const char* result;
  } kTable[] = {
      {Head(kLine, {kUpgrade, kConnection, kVersion, kKey}), "ok"},
      {Head(kLine, {"UPGRADE: WebSocket\r\n", "Connection: keep-alive, Upgrade\r\n", kVersion, kKey}), "ok"},
      {Head(kLine, {kUpgrade, "Connection: keep-alive\r\n", kConnection, kVersion, kKey}), "ok"},
      {Head(kLine, {kUpgrade, kConnection, kVersion, kKey, "Content-Length: 0\r\n"}), "ok"},

      {Head("POST /websocket HTTP/1.1\r\nHost: h\r\n", {kUpgrade, kConnection, kVersion, kKey}), "upgrade_method"},
      {Head("get /websocket HTTP/1.1\r\nHost: h\r\n", {kUpgrade, kConnection, kVersion, kKey}), "upgrade_method"},
      {Head("GET /websocket HTTP/1.0\r\nHost: h\r\n", {kUpgrade, kConnection, kVersion, kKey}), "upgrade_http_version"},

      {Head(kLine, {"Upgrade: h2c\r\n", kConnection, kVersion, kKey}), "upgrade_not_websocket"},
      {Head(kLine, {"Upgrade: websocket, h2c\r\n", kConnection, kVersion, kKey}), "upgrade_not_websocket"},
      {Head(kLine, {"Upgrade: h2c, websocket\r\n", kConnection, kVersion, kKey}), "upgrade_not_websocket"},
      {Head(kLine, {"Upgrade: websocket/13\r\n", kConnection, kVersion, kKey}), "upgrade_not_websocket"},
      {Head(kLine, {"Upgrade:\r\n", kConnection, kVersion, kKey}), "upgrade_not_websocket"},
      {Head(kLine, {kUpgrade, kUpgrade, kConnection, kVersion, kKey}), "upgrade_not_websocket"},
      {Head(kLine, {kConnection, kVersion, kKey}), "upgrade_not_websocket"},

      {Head(kLine, {kUpgrade, kVersion, kKey}), "upgrade_connection"},
      {Head(kLine, {kUpgrade, "Connection: keep-alive\r\n", kVersion, kKey}), "upgrade_connection"},
      {Head(kLine, {kUpgrade, "Connection: upgraded\r\n", kVersion, kKey}), "upgrade_connection"},

      {Head(kLine, {kUpgrade, kConnection, kKey}), "upgrade_version_unsupported"},
      {Head(kLine, {kUpgrade, kConnection, "Sec-WebSocket-Version: 8\r\n", kKey}), "upgrade_version_unsupported"},
      {Head(kLine, {kUpgrade, kConnection, "Sec-WebSocket-Version: 13, 8\r\n", kKey}), "upgrade_version_unsupported"},
      {Head(kLine, {kUpgrade, kConnection, "Sec-WebSocket-Version: 013\r\n", kKey}), "upgrade_version_unsupported"},
      {Head(kLine, {kUpgrade, kConnection, kVersion, kVersion, kKey}), "upgrade_version_unsupported"},

      {Head(kLine, {kUpgrade, kConnection, kVersion}), "upgrade_key"},
      {Head(kLine, {kUpgrade, kConnection, kVersion, kKey, kKey}), "upgrade_key"},
      {Head(kLine, {kUpgrade, kConnection, kVersion, "Sec-WebSocket-Key:\r\n"}), "upgrade_key"},
      {Head(kLine, {kUpgrade, kConnection, kVersion, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=\r\n"}), "upgrade_key"},
      {Head(kLine, {kUpgrade, kConnection, kVersion, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25j\r\n"}), "upgrade_key"},
      {Head(kLine, {kUpgrade, kConnection, kVersion, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZR==\r\n"}),
       "upgrade_key"},

      {Head(kLine, {kUpgrade, kConnection, kVersion, kKey, "Content-Length: 1\r\n"}), "upgrade_body"},
      {Head(kLine, {kUpgrade, kConnection, kVersion, kKey, "Transfer-Encoding: chunked\r\n"}), "upgrade_body"},
  };
  for (const auto& row : kTable) EXPECT_EQ(Check(row.head), row.result) << row.head;
}

bool Answers(std::string_view text) {
  std::array<http::Field, 64> storage;
  http::ResponseHead head;
  EXPECT_EQ(http::ParseResponseHead(text, "GET", http::HeadLimits(), storage, &head), std::nullopt) << text;
  return AnswersUpgrade(head, kAccept);
}

TEST(UpgradeTest, A101MustAnswerTheKey) {
  const std::string accept = "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n";
  const std::string line = "HTTP/1.1 101 Switching Protocols\r\n";
  const std::string upgrade(kUpgrade);
  const std::string connection(kConnection);
  const struct {
    std::string head;
    bool answers;
  } kTable[] = {
      {line + upgrade + connection + accept, true},
      {line + "upgrade: WebSocket\r\nconnection: Upgrade, x\r\n" + accept, true},
      {"HTTP/1.1 101\r\n" + upgrade + connection + accept, true},

      {"HTTP/1.0 101 Switching Protocols\r\n" + upgrade + connection + accept, false},
      {"HTTP/1.1 200 OK\r\n" + upgrade + connection + accept, false},
      {"HTTP/1.1 100 Continue\r\n" + upgrade + connection + accept, false},
      {line + connection + accept, false},
      {line + "Upgrade: h2c\r\n" + connection + accept, false},
      {line + "Upgrade: websocket, h2c\r\n" + connection + accept, false},
      {line + upgrade + upgrade + connection + accept, false},
      {line + upgrade + accept, false},
      {line + upgrade + "Connection: close\r\n" + accept, false},
      {line + upgrade + connection, false},
      {line + upgrade + connection + accept + accept, false},
      {line + upgrade + connection + "Sec-WebSocket-Accept: S3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n", false},
      {line + upgrade + connection + "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xO==\r\n", false},
      {line + upgrade + connection + "Sec-WebSocket-Accept:\r\n", false},
  };
  for (const auto& row : kTable) EXPECT_EQ(Answers(row.head + "\r\n"), row.answers) << row.head;
}

}  // namespace
}  // namespace viaduct::sidecar
