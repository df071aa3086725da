#include "http/field_name.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace viaduct::http {
namespace {

struct Known {
  std::string_view text;
  FieldName name;
};

constexpr std::array kKnown = {
    Known{"connection", FieldName::kConnection},
    Known{"content-length", FieldName::kContentLength},
    Known{"expect", FieldName::kExpect},
    Known{"host", FieldName::kHost},
    Known{"http2-settings", FieldName::kHttp2Settings},
    Known{"keep-alive", FieldName::kKeepAlive},
    Known{"origin", FieldName::kOrigin},
    Known{"proxy-authenticate", FieldName::kProxyAuthenticate},
    Known{"proxy-connection", FieldName::kProxyConnection},
    Known{"sec-websocket-accept", FieldName::kSecWebSocketAccept},
    Known{"sec-websocket-extensions", FieldName::kSecWebSocketExtensions},
    Known{"sec-websocket-key", FieldName::kSecWebSocketKey},
    Known{"sec-websocket-version", FieldName::kSecWebSocketVersion},
    Known{"te", FieldName::kTe},
    Known{"trailer", FieldName::kTrailer},
    Known{"transfer-encoding", FieldName::kTransferEncoding},
    Known{"upgrade", FieldName::kUpgrade},
    Known{"user-agent", FieldName::kUserAgent},
    Known{"via", FieldName::kVia},
    Known{"x-amz-cf-id", FieldName::kXAmzCfId},
    Known{"x-amzn-trace-id", FieldName::kXAmznTraceId},
    Known{"x-forwarded-for", FieldName::kXForwardedFor},
    Known{"x-viaduct-viewer-address", FieldName::kXViaductViewerAddress},
};
static_assert(kKnown.size() + 1 == kFieldNames, "every name but kOther has a text");

constexpr std::size_t kWord = sizeof(std::uint64_t);
constexpr std::size_t kLongest = 3 * kWord;
static_assert(std::endian::native == std::endian::little, "words are put together from their lowest byte up");

// Returns the bytes at `text[at]` as a number. A constant expression, and one load where it runs.
template <typename Number>
constexpr std::uint64_t Load(std::string_view text, std::size_t at) {
  Number number = 0;
  if (std::is_constant_evaluated()) {
    for (std::size_t i = sizeof number; i-- > 0;) {
      number = static_cast<Number>(number << 8 | static_cast<unsigned char>(text[at + i]));
    }
  } else {
    std::memcpy(&number, text.data() + at, sizeof number);
  }
  return number;
}

// Returns a number that tells texts of the same size from 1 to 7 apart.
constexpr std::uint64_t ShortWord(std::string_view text) {
  using Half = std::uint32_t;
  if (text.size() >= sizeof(Half)) return Load<Half>(text, 0) | Load<Half>(text, text.size() - sizeof(Half)) << 32;
  using Byte = std::uint8_t;
  return Load<Byte>(text, 0) | Load<Byte>(text, text.size() / 2) << 8 | Load<Byte>(text, text.size() - 1) << 16;
}

// The bytes of a text of at most kLongest bytes in words, which may overlap.
using Words = std::array<std::uint64_t, 3>;
constexpr Words WordsOf(std::string_view text) {
  if (text.size() < kWord) return {ShortWord(text)};
  const std::size_t last = text.size() - kWord;
  using Word = std::uint64_t;
  return {Load<Word>(text, 0), Load<Word>(text, last), Load<Word>(text, std::min(last, kWord))};
}

// A known name in the form in which it is compared.
struct Entry {
  std::uint8_t size = 0;  // 0 if the slot is empty
  FieldName name = FieldName::kOther;
  Words words = {};
  Words cases = {};  // the bit of the letter case, set for each letter

  constexpr bool Is(const Words& other) const {
    std::uint64_t differences = 0;
    for (std::size_t i = 0; i < words.size(); ++i) differences |= (other[i] | cases[i]) ^ words[i];
    return differences == 0;
  }
};

constexpr std::size_t kSlots = 64;
// Returns the slot for names of this size, first and last character. The factors give each known name its own.
constexpr std::size_t SlotOf(std::string_view name) {
  const auto lower = [](char c) { return static_cast<std::size_t>(static_cast<unsigned char>(c) | 0x20); };
  return (name.size() + 3 * lower(name.front()) + 45 * lower(name.back())) % kSlots;
}

constexpr auto kSlotEntries = [] {
  std::array<Entry, kSlots> entries{};
  for (const Known& known : kKnown) {
    std::array<char, kLongest> cases{};
    for (std::size_t i = 0; i < known.text.size(); ++i) {
      cases[i] = known.text[i] >= 'a' && known.text[i] <= 'z' ? 'a' - 'A' : '\0';
    }
    Entry& entry = entries[SlotOf(known.text)];
    entry = {.size = static_cast<std::uint8_t>(known.text.size()),
             .name = known.name,
             .words = WordsOf(known.text),
             .cases = WordsOf(std::string_view(cases.data(), known.text.size()))};
  }
  return entries;
}();

constexpr bool HasOwnSlot(const Known& known) {
  return known.text.size() <= kLongest && kSlotEntries[SlotOf(known.text)].name == known.name;
}
static_assert(std::all_of(kKnown.begin(), kKnown.end(), HasOwnSlot), "two names share a slot: find other factors");

}  // namespace

FieldName FieldNameOf(std::string_view name) {
  if (name.empty()) return FieldName::kOther;
  const Entry& entry = kSlotEntries[SlotOf(name)];
  if (name.size() != entry.size || !entry.Is(WordsOf(name))) return FieldName::kOther;
  return entry.name;
}

}  // namespace viaduct::http
