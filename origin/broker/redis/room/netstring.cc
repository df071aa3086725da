#include "origin/broker/redis/room/netstring.h"

#include <charconv>
#include <cstddef>

#include "absl/strings/str_cat.h"

namespace viaduct::origin {

void AppendNetstring(std::string_view text, std::string* out) {
  absl::StrAppend(out, text.size(), ":");
  out->append(text);
}

std::optional<std::vector<std::string_view>> ParseNetstrings(std::string_view bytes) {
  std::vector<std::string_view> texts;
  while (!bytes.empty()) {
    std::size_t size = 0;
    const char* const end = bytes.data() + bytes.size();
    const auto [stop, error] = std::from_chars(bytes.data(), end, size);
    if (error != std::errc() || stop == end || *stop != ':') return std::nullopt;
    bytes.remove_prefix(static_cast<std::size_t>(stop - bytes.data()) + 1);
    if (size > bytes.size()) return std::nullopt;
    texts.push_back(bytes.substr(0, size));
    bytes.remove_prefix(size);
  }
  return texts;
}

}  // namespace viaduct::origin
