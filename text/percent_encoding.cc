#include "text/percent_encoding.h"

namespace viaduct::text {

std::string PercentDecoded(std::string_view text) {
  std::string decoded;
  while (!text.empty()) {
    const std::optional<unsigned char> escaped = Unescape(text);
    decoded.push_back(escaped.has_value() ? static_cast<char>(*escaped) : text.front());
    text.remove_prefix(escaped.has_value() ? 3 : 1);
  }
  return decoded;
}

}  // namespace viaduct::text
