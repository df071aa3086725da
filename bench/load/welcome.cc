#include "bench/load/welcome.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "bench/failure.h"

namespace viaduct::bench {
namespace {

constexpr std::size_t kHeaderBytes = 2;
// The first byte of a text frame that is a whole message. A longer header would mean a longer frame, which is no
// welcome.
constexpr char kFirstByte = static_cast<char>(0x81);
constexpr std::size_t kMostBytes = 125;

constexpr std::string_view kBeforeId = R"({"type":"welcome","id":")";
constexpr std::size_t kIdBytes = 36;
constexpr std::string_view kBeforeCount = R"(","clientCount":)";

bool IsCount(std::string_view text) {
  return !text.empty() && text.front() != '0' && text.find_first_not_of("0123456789") == std::string_view::npos;
}

}  // namespace

std::optional<Welcome> ReadWelcome(std::string_view bytes) {
  if (bytes.size() < kHeaderBytes) return std::nullopt;
  const auto size = static_cast<std::uint8_t>(bytes[1]);
  const bool fits = bytes[0] == kFirstByte && size <= kMostBytes;
  if (fits && bytes.size() < kHeaderBytes + size) return std::nullopt;
  const std::string_view text = bytes.substr(kHeaderBytes, size);
  const std::size_t count = kBeforeId.size() + kIdBytes + kBeforeCount.size();
  if (!fits || !text.starts_with(kBeforeId) || !text.ends_with('}') || text.size() < count + 2 ||
      text.substr(kBeforeId.size() + kIdBytes, kBeforeCount.size()) != kBeforeCount ||
      !IsCount(text.substr(count, text.size() - count - 1))) {
    Fail("no welcome: \"" + std::string(text.substr(0, 200)) + "\"");
  }
  return Welcome{.id = text.substr(kBeforeId.size(), kIdBytes), .frame_bytes = kHeaderBytes + size};
}

}  // namespace viaduct::bench
