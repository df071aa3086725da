#include "origin/message/person.h"

#include <algorithm>
#include <array>

#include "ops/log/json_line.h"
#include "text/utf8.h"

namespace viaduct::origin {
namespace {

struct CodePoints {
  char32_t first;
  char32_t last;
};

// Unicode's categories Cc, Co, Zl and Zp, and the controls of UAX 9 and their like. U+200C and U+200D join letters and
// emoji, so they may stay.
constexpr std::array kUnsafe = {
    CodePoints{0x0000, 0x001f}, CodePoints{0x007f, 0x009f}, CodePoints{0x061c, 0x061c},    CodePoints{0x200b, 0x200b},
    CodePoints{0x200e, 0x200f}, CodePoints{0x2028, 0x202e}, CodePoints{0x2060, 0x206f},    CodePoints{0xe000, 0xf8ff},
    CodePoints{0xfeff, 0xfeff}, CodePoints{0xfff9, 0xfffb}, CodePoints{0xf0000, 0x10ffff},
};

bool IsUnsafe(char32_t code_point) {
  return std::any_of(kUnsafe.begin(), kUnsafe.end(), [code_point](const CodePoints& range) {
    return range.first <= code_point && code_point <= range.last;
  });
}

}  // namespace

bool IsPersonName(std::string_view name) {
  if (name.empty() || name.size() > kMaxPersonNameBytes || name.front() == ' ' || name.back() == ' ') return false;
  while (!name.empty()) {
    const text::Utf8Step step = text::ReadUtf8(name);
    if (!step.valid || IsUnsafe(step.code_point)) return false;
    name.remove_prefix(step.length);
  }
  return true;
}

void AppendPeopleJson(std::string* out, std::span<const Person> people) {
  *out += '[';
  for (const Person& person : people) {
    if (out->back() != '[') *out += ',';
    const auto id = person.id.Text();
    out->append(R"({"id":")").append(id.data(), id.size()).append(R"(","name":)");
    ops::AppendJsonString(out, person.name);
    *out += '}';
  }
  *out += ']';
}

}  // namespace viaduct::origin
