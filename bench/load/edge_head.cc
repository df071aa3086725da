#include "bench/load/edge_head.h"

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include "bench/failure.h"
#include "bench/load/answer.h"
#include "websocket/handshake.h"

namespace viaduct::bench {
namespace {

constexpr std::size_t kKeys = 16;

constexpr std::string_view kForwarded =
    "x-forwarded-for: 2001:db8::1, 130.176.114.52\r\n"
    "x-forwarded-proto: http\r\n"
    "x-forwarded-port: 80\r\n"
    "host: d1fhfqyui9h81a.cloudfront.net\r\n"
    "x-amzn-trace-id: Root=1-6a1451c4-4e3233e1196d4b12222f32ce\r\n";

constexpr std::string_view kEdge =
    "user-agent: Mozilla/5.0 (X11; Linux x86_64)\r\n"
    "via: 1.1 ece5d4a731ece5ff46c564ab2b946ede.cloudfront.net (CloudFront)\r\n"
    "x-amz-cf-id: 3QinF8qURdlfjvILoXcZZqalpUXpxOCEI4nLyjxNpODDTK1thF1D7w==\r\n";

constexpr std::string_view kLanguages =
    "accept-language: ja,en-US;q=0.9,en;q=0.8\r\n"
    "accept-encoding: gzip, deflate, br, zstd\r\n\r\n";

// Returns 16 bytes in base64: 22 letters, the last of which ends in four zero bits.
std::string Key(std::size_t number) {
  constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string key;
  for (std::size_t i = 0; i < 21; ++i) key += kLetters[(number * 37 + i * 11) % kLetters.size()];
  return key + "w==";
}

std::string UpgradeRequest(std::string_view target, std::string_view key) {
  std::string head = "GET ";
  head.append(target).append(" HTTP/1.1\r\n");
  head.append(kForwarded).append("upgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-key: ").append(key);
  head.append("\r\nsec-websocket-extensions: permessage-deflate; client_max_window_bits\r\n");
  head.append("cache-control: no-cache\r\npragma: no-cache\r\n").append(kEdge);
  head.append("sec-websocket-version: 13\r\norigin: https://").append(kSiteHost).append("\r\n").append(kLanguages);
  return head;
}

}  // namespace

UpgradeHeads::UpgradeHeads(std::string_view target) {
  for (std::size_t number = 0; number < kKeys; ++number) {
    const std::string key = Key(number);
    const std::array<char, 28> accept = websocket::AcceptValue(key);
    heads_.push_back({.request = UpgradeRequest(target, key), .accept = std::string(accept.data(), accept.size())});
  }
}

void UpgradeHeads::Check(std::size_t number, const Answer& answer) const {
  if (answer.status != 101) Fail("an upgrade was answered " + std::to_string(answer.status));
  const std::string& accept = heads_[number % heads_.size()].accept;
  if (answer.accept != accept) Fail("a 101 answers another key: \"" + std::string(answer.accept) + "\"");
}

std::string PlainRequest(std::string_view target) {
  std::string head = "GET ";
  head.append(target).append(" HTTP/1.1\r\n").append(kForwarded).append("accept: */*\r\n").append(kEdge);
  return head.append(kLanguages);
}

}  // namespace viaduct::bench
