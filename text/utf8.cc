#include "text/utf8.h"

namespace viaduct::text {
namespace {

// The sequences that start with one lead byte: their length, and the range of the second byte.
struct Lead {
  unsigned length;
  unsigned char second_min = 0x80;
  unsigned char second_max = 0xbf;
};

Lead LeadOf(unsigned char byte) {
  if (byte < 0x80) return {1};
  if (byte < 0xc2) return {0};
  if (byte < 0xe0) return {2};
  if (byte == 0xe0) return {3, 0xa0, 0xbf};
  if (byte == 0xed) return {3, 0x80, 0x9f};
  if (byte < 0xf0) return {3};
  if (byte == 0xf0) return {4, 0x90, 0xbf};
  if (byte < 0xf4) return {4};
  if (byte == 0xf4) return {4, 0x80, 0x8f};
  return {0};
}

}  // namespace

Utf8Step ReadUtf8(std::string_view text) {
  const Lead lead = LeadOf(static_cast<unsigned char>(text[0]));
  if (lead.length == 0) return {1, false};
  unsigned char min = lead.second_min;
  unsigned char max = lead.second_max;
  for (std::size_t i = 1; i < lead.length; ++i) {
    if (i == text.size()) return {i, false};
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte < min || byte > max) return {i, false};
    min = 0x80;
    max = 0xbf;
  }
  return {lead.length, true};
}

std::size_t ValidUtf8Length(std::string_view text) {
  std::size_t length = 0;
  while (length < text.size()) {
    const Utf8Step step = ReadUtf8(text.substr(length));
    if (!step.valid) break;
    length += step.length;
  }
  return length;
}

std::string ReplaceInvalidUtf8(std::string_view text) {
  std::string valid;
  for (;;) {
    const std::size_t length = ValidUtf8Length(text);
    valid += text.substr(0, length);
    text.remove_prefix(length);
    if (text.empty()) return valid;
    valid += "\ufffd";
    text.remove_prefix(ReadUtf8(text).length);
  }
}

}  // namespace viaduct::text
