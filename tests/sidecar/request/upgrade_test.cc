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
  EXPECT_TRUE(text.find(key) != std::string::npos && key.size() == 24) << key;
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
      // RFC 6455's own example of a key, with spare bits set.
      {Head(kLine, {kUpgrade, kConnection, kVersion, "Sec-WebSocket-Key: AQIDBAUGBwgJCgsMDQ4PEC==\r\n"}), "ok"},

      {Head("POST /websocket HTTP/1.1\r\nHost: h\r\n", {kUpgrade, kConnection, kVersion, kKey}), "upgrade_method"},
      {Head("get /websocket HTTP/1.1\r\nHost: h\r\n", {kUpgrade, kConnection, kVersion, kKey}), "upgrade_method"},

      {Head(kLine, {"Upgrade: websocket, h2c\r\n", kConnection, kVersion, kKey}), "upgrade_not_websocket"},
      {Head(kLine, {"Upgrade: h2c, websocket\r\n", kConnection, kVersion, kKey}), "upgrade_not_websocket"},
      {Head(kLine, {"Upgrade: websocket/13\r\n", kConnection, kVersion, kKey}), "upgrade_not_websocket"},
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

      {Head(kLine, {kUpgrade, kConnection, kVersion, kKey, "Content-Length: 1\r\n"}), "upgrade_body"},
      {Head(kLine, {kUpgrade, kConnection, kVersion, kKey, "Transfer-Encoding: chunked\r\n"}), "upgrade_body"},
  };
  for (const auto& row : kTable) EXPECT_EQ(Check(row.head), row.result) << row.head;
}

// "ok", or the name of what is wrong with a 101 to a handshake, or to a request that was none.
std::string Switch(std::string_view text, std::string_view accept = kAccept) {
  std::array<http::Field, 64> storage;
  http::ResponseHead head;
  EXPECT_EQ(http::ParseResponseHead(text, "GET", http::HeadLimits(), storage, &head), std::nullopt) << text;
  const std::optional<SwitchError> error = CheckSwitch(head, accept);
  return std::string(error.has_value() ? kSwitchErrors.Name(*error) : "ok");
}

TEST(UpgradeTest, A101MustAnswerTheKey) {
  const std::string accept = "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n";
  const std::string line = "HTTP/1.1 101 Switching Protocols\r\n";
  const std::string upgrade(kUpgrade);
  const std::string connection(kConnection);
  const struct {
    std::string head;
    const char* result;
  } kTable[] = {
      {line + upgrade + connection + accept, "ok"},
      {line + "upgrade: WebSocket\r\nconnection: Upgrade, x\r\n" + accept, "ok"},
      {"HTTP/1.1 101\r\n" + upgrade + connection + accept, "ok"},

      {"HTTP/1.0 101 Switching Protocols\r\n" + upgrade + connection + accept, "switch_http_version"},
      {line + connection + accept, "switch_not_websocket"},
      {line + "Upgrade: h2c\r\n" + connection + accept, "switch_not_websocket"},
      {line + "Upgrade: websocket, h2c\r\n" + connection + accept, "switch_not_websocket"},
      {line + upgrade + upgrade + connection + accept, "switch_not_websocket"},
      {line + upgrade + accept, "switch_connection"},
      {line + upgrade + "Connection: close\r\n" + accept, "switch_connection"},
      {line + upgrade + connection, "switch_accept"},
      {line + upgrade + connection + accept + accept, "switch_accept"},
      {line + upgrade + connection + "Sec-WebSocket-Accept: S3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n", "switch_accept"},
      {line + upgrade + connection + "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xO==\r\n", "switch_accept"},
      {line + upgrade + connection + "Sec-WebSocket-Accept:\r\n", "switch_accept"},
  };
  for (const auto& row : kTable) EXPECT_EQ(Switch(row.head + "\r\n"), row.result) << row.head;
  EXPECT_EQ(Switch(line + upgrade + connection + accept + "\r\n", ""), "switch_unasked");
  EXPECT_EQ(Switch(line + upgrade + connection + "Sec-WebSocket-Accept:\r\n\r\n", ""), "switch_unasked");
}

}  // namespace
}  // namespace viaduct::sidecar
