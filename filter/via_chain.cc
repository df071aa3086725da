#include "filter/via_chain.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>

#include "filter/char_class.h"
#include "http/byte_block.h"
#include "http/field.h"

namespace viaduct::filter {
namespace {

constexpr std::size_t kBroken = std::string_view::npos;

constexpr bool IsVisible(char c) { return c > ' ' && c < '\x7f'; }
constexpr bool IsSpace(char c) { return c == ' ' || c == '\t'; }
// Returns how many bytes at the front are certainly of the class kViaPlain. Looks at sixteen at once.
std::size_t PlainBlocks(std::string_view text) {
  std::size_t length = 0;
  while (text.size() - length >= sizeof(http::ByteBlock)) {
    const http::ByteBlock block = http::LoadBlock(text.data() + length);
    const auto visible = block - '!' <= '~' - '!';
    const auto special = (block == '"') | (block == '(') | (block == ')') | (block == ',') | (block == '\\');
    const unsigned stops = http::PlacesOf((~visible & (block != ' ')) | special);
    if (stops != 0) return length + static_cast<std::size_t>(std::countr_zero(stops));
    length += sizeof block;
  }
  return length;
}

// Returns true if a comment or a quoted pair may contain the character; octets beyond ASCII are allowed (obs-text).
constexpr bool IsText(char c) { return IsVisible(c) || IsSpace(c) || static_cast<unsigned char>(c) >= 0x80; }

}  // namespace

// Returns the index after the comment that opens at `text[begin]` or that an earlier line left open; the text's size if
// the comment continues in the next line; or kBroken. Comments nest.
std::size_t ViaChain::SkipComment(std::string_view text, std::size_t begin) {
  for (std::size_t i = begin; i < text.size(); ++i) {
    i += LengthOf(CharClass::kViaPlain, text.substr(i));
    if (i == text.size()) break;
    if (!IsText(text[i])) return kBroken;
    if (text[i] == '\\') {
      // At the end of a line, the backslash quotes the comma that joins the line to the next.
      if (++i < text.size() && !IsText(text[i])) return kBroken;
    } else if (text[i] == '(') {
      ++depth_;
    } else if (text[i] == ')' && --depth_ == 0) {
      return i + 1;
    }
  }
  return text.size();
}

// Returns the index of the comma that ends the list member at the front of `text`; the text's size if none does; or
// kBroken.
std::size_t ViaChain::MemberEnd(std::string_view text) {
  std::size_t i = depth_ > 0 ? SkipComment(text, 0) : 0;
  while (i != kBroken) {
    i += PlainBlocks(text.substr(i));
    i += LengthOf(CharClass::kViaPlain, text.substr(i));
    if (i == text.size() || text[i] == ',') return i;
    if (text[i] != '(') return kBroken;
    i = SkipComment(text, i);
  }
  return kBroken;
}

void ViaChain::AddLine(std::string_view value) {
  while (!value.empty() && !broken_) {
    const std::size_t end = MemberEnd(value);
    if (end == kBroken) {
      broken_ = true;
      return;
    }
    const std::string_view member = http::TrimWhitespace(value.substr(0, end));
    if (!member.empty()) last_ = member;
    value.remove_prefix(std::min(end + 1, value.size()));
  }
}

bool IsCloudFrontVia(std::string_view member) {
  constexpr std::array<std::string_view, 6> kVersions = {"1.0", "1.1", "2", "2.0", "3", "3.0"};
  constexpr std::string_view kTail = ".cloudfront.net (CloudFront)";

  const std::size_t space = member.find(' ');
  if (space == std::string_view::npos) return false;
  if (std::find(kVersions.begin(), kVersions.end(), member.substr(0, space)) == kVersions.end()) return false;
  std::string_view id = member.substr(space + 1);
  if (!id.ends_with(kTail)) return false;
  id.remove_suffix(kTail.size());
  return !id.empty() && AllOf(CharClass::kAlphanumeric, id);
}

}  // namespace viaduct::filter
