#include "bench/load/answer.h"

#include <strings.h>

#include <charconv>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "bench/failure.h"

namespace viaduct::bench {
namespace {

constexpr std::string_view kVersion = "HTTP/1.1 ";
constexpr std::size_t kMaxHeadBytes = 16384;

bool IsField(std::string_view name, std::string_view wanted) {
  return name.size() == wanted.size() && ::strncasecmp(name.data(), wanted.data(), wanted.size()) == 0;
}

void ReadNumber(std::string_view text, auto& number) {
  std::from_chars(text.data(), text.data() + text.size(), number);
}

}  // namespace

std::optional<Answer> ReadAnswer(std::string_view bytes) {
  const std::size_t end = bytes.find("\r\n\r\n");
  if (end == std::string_view::npos) {
    if (bytes.size() > kMaxHeadBytes) Fail("the answer's head does not end");
    return std::nullopt;
  }
  if (!bytes.starts_with(kVersion)) Fail("no HTTP/1.1 answer: \"" + std::string(bytes.substr(0, 80)) + "\"");
  Answer answer;
  answer.head_bytes = end + 4;
  ReadNumber(bytes.substr(kVersion.size(), 3), answer.status);
  std::string_view lines = bytes.substr(0, end + 2);
  lines.remove_prefix(lines.find("\r\n") + 2);
  while (!lines.empty()) {
    const std::size_t size = lines.find("\r\n");
    const std::string_view line = lines.substr(0, size);
    lines.remove_prefix(size + 2);
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) Fail("no header line: \"" + std::string(line) + "\"");
    std::string_view value = line.substr(colon + 1);
    while (value.starts_with(' ')) value.remove_prefix(1);
    if (IsField(line.substr(0, colon), "content-length")) ReadNumber(value, answer.content_length);
    if (IsField(line.substr(0, colon), "sec-websocket-accept")) answer.accept = value;
  }
  return answer;
}

}  // namespace viaduct::bench
