#include "text/terminal_safe.h"

#include <algorithm>
#include <array>

namespace viaduct::text {
namespace {

struct Range {
  char32_t first;
  char32_t last;
};

constexpr std::array<Range, 9> kUnsafe = {{{0x00, 0x1F},
                                           {0x7F, 0x9F},
                                           {0xAD, 0xAD},
                                           {0x061C, 0x061C},
                                           {0x200B, 0x200F},
                                           {0x2028, 0x202E},
                                           {0x2060, 0x206F},
                                           {0xFEFF, 0xFEFF},
                                           {0xE0000, 0xE007F}}};

}  // namespace

bool IsTerminalSafe(char32_t c) {
  return std::none_of(kUnsafe.begin(), kUnsafe.end(),
                      [c](const Range& range) { return c >= range.first && c <= range.last; });
}

}  // namespace viaduct::text
