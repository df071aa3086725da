#include "sidecar/request/request_path.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "text/ascii.h"
#include "text/percent_encoding.h"

namespace viaduct::sidecar {
namespace {

// Bounds on the work for one path.
constexpr std::size_t kMaxReadings = 64;
constexpr std::size_t kMaxBytes = 64 * 1024;  // of all readings together

constexpr bool IsControl(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

// Returns true if everybody reads `path` in the same way, apart from letter case: it has no escape, parameter or
// backslash, no empty segment, and no segment that begins with a dot.
bool IsOrdinary(std::string_view path) {
  if (!path.starts_with('/')) return false;
  char last = 0;
  for (const char c : path) {
    if (c == '%' || c == ';' || c == '\\' || c == '?' || c == '#' || IsControl(c)) return false;
    if (last == '/' && (c == '/' || c == '.')) return false;
    last = c;
  }
  return true;
}

// Each of these functions reads `path` leniently in one respect, and returns it unchanged where that makes no
// difference.

std::string DotsResolved(std::string_view path) {
  if (path.find("/.") == std::string_view::npos) return std::string(path);
  std::string out;
  while (!path.empty()) {
    const std::size_t end = std::min(path.find('/', 1), path.size());
    const std::string_view segment = path.substr(0, end);  // with its slash
    path.remove_prefix(end);
    const bool up = segment == "/..";
    if (up) out.resize(std::min(out.rfind('/'), out.size()));
    if (up || segment == "/.") {
      if (path.empty()) out += '/';
    } else {
      out += segment;
    }
  }
  return out;
}

std::string SlashesMerged(std::string_view path) {
  std::string out(path);
  out.erase(std::unique(out.begin(), out.end(), [](char a, char b) { return a == '/' && b == '/'; }), out.end());
  return out;
}

std::string ParametersRemoved(std::string_view path) {
  std::string out;
  while (!path.empty()) {
    const std::size_t end = std::min(path.find(';'), path.size());
    out += path.substr(0, end);
    path.remove_prefix(std::min(path.find('/', end), path.size()));
  }
  return out;
}

std::string BackslashesTurned(std::string_view path) {
  std::string out(path);
  std::replace(out.begin(), out.end(), '\\', '/');
  return out;
}

std::string Cut(std::string_view path) {
  const auto end = std::find_if(path.begin(), path.end(), [](char c) { return c == '?' || c == '#' || IsControl(c); });
  return std::string(path.begin(), end);
}

// Reads "//host/path", as readers of URLs do.
std::string HostRemoved(std::string_view path) {
  if (!path.starts_with("//")) return std::string(path);
  const std::size_t end = path.find('/', 2);
  return end == std::string_view::npos ? "/" : std::string(path.substr(end));
}

// Returns the ASCII character that an overlong form at the front of `text` hides, and its size; {0, 0} if none is
// there.
std::pair<char, std::size_t> Overlong(std::string_view text) {
  const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
  std::size_t zeros = 0;  // bytes in front of the last two that carry nothing
  if (byte(0) == 0xe0) zeros = 1;
  if (byte(0) == 0xf0 && byte(1) == 0x80) zeros = 2;
  const unsigned high = zeros == 0 ? byte(0) - 0xc0 : byte(zeros) - 0x80;
  const unsigned low = byte(zeros == 0 ? 1 : zeros + 1) - 0x80;
  if (high > 1 || low > 0x3f) return {0, 0};
  return {static_cast<char>(high << 6 | low), zeros == 0 ? 2 : zeros + 2};
}

std::string OverlongFormsRead(std::string_view path) {
  std::string out;
  while (!path.empty()) {
    const std::size_t plain = std::min(path.find_first_of("\xc0\xc1\xe0\xf0"), path.size());
    out += path.substr(0, plain);
    path.remove_prefix(plain);
    if (path.empty()) break;
    const auto [character, size] = Overlong(path);
    out += size == 0 ? path.front() : character;
    path.remove_prefix(std::max<std::size_t>(size, 1));
  }
  return out;
}

// Returns the byte of the escape at the front of `text`, "%XX" or "%u00XX" as IIS has it, and the escape's size; {0, 0}
// if there is none.
std::pair<char, std::size_t> Escape(std::string_view text) {
  if (const auto byte = text::Unescape(text)) return {static_cast<char>(*byte), 3};
  if (text.size() < 6 || (text[1] != 'u' && text[1] != 'U') || text[2] != '0' || text[3] != '0') return {0, 0};
  const auto high = text::HexDigit(text[4]);
  const auto low = text::HexDigit(text[5]);
  if (!high.has_value() || !low.has_value()) return {0, 0};
  return {static_cast<char>(*high * 16 + *low), 6};
}

// Decodes all escapes once; those of slashes and backslashes only if `slashes`.
std::string Decoded(std::string_view path, bool slashes) {
  std::string out;
  while (!path.empty()) {
    const std::size_t plain = std::min(path.find('%'), path.size());
    out += path.substr(0, plain);
    path.remove_prefix(plain);
    if (path.empty()) break;
    const auto [character, size] = Escape(path);
    const bool decodes = size > 0 && (slashes || (character != '/' && character != '\\'));
    if (decodes) {
      out += character;
    } else {
      out += path.substr(0, std::max<std::size_t>(size, 1));
    }
    path.remove_prefix(std::max<std::size_t>(size, 1));
  }
  return out;
}

// Collects the readings of one path, each once.
class Readings {
 public:
  explicit Readings(std::string_view path) { found_.emplace_back(path); }

  // Returns false if there are too many.
  bool Gather() {
    std::size_t unread = 0;   // the first reading that has not been read in every way yet
    std::size_t encoded = 0;  // the first that has not been decoded yet
    for (int decodings = 0;; ++decodings) {
      for (; unread < found_.size(); ++unread) {
        for (const auto read :
             {DotsResolved, SlashesMerged, ParametersRemoved, BackslashesTurned, Cut, HostRemoved, OverlongFormsRead}) {
          if (!Add(read(found_[unread]))) return false;
        }
      }
      if (decodings == 2) return true;
      for (const std::size_t end = found_.size(); encoded < end; ++encoded) {
        if (!Add(Decoded(found_[encoded], true)) || !Add(Decoded(found_[encoded], false))) return false;
      }
    }
  }

  // Returns all readings but the path itself.
  std::vector<std::string> Take() && {
    found_.erase(found_.begin());
    return std::move(found_);
  }

 private:
  // Returns false if that is one too many.
  bool Add(std::string reading) {
    if (std::find(found_.begin(), found_.end(), reading) != found_.end()) return true;
    bytes_ += reading.size();
    found_.push_back(std::move(reading));
    return found_.size() <= kMaxReadings && bytes_ <= kMaxBytes;
  }

  std::vector<std::string> found_;
  std::size_t bytes_ = 0;
};

}  // namespace

std::string_view TargetPath(std::string_view target) { return target.substr(0, target.find('?')); }

std::optional<std::vector<std::string>> OtherReadings(std::string_view path) {
  if (IsOrdinary(path)) return std::vector<std::string>();
  Readings readings(path);
  if (!readings.Gather()) return std::nullopt;
  return std::move(readings).Take();
}

bool MatchesPrefix(std::string_view path, std::string_view prefix, LetterCase letter_case) {
  if (path.size() < prefix.size()) return false;
  const std::string_view front = path.substr(0, prefix.size());
  const bool same = letter_case == LetterCase::kCounts ? front == prefix : text::EqualsIgnoreCase(front, prefix);
  return same && (prefix.ends_with('/') || path.size() == prefix.size() || path[prefix.size()] == '/');
}

bool IsPlainPrefix(std::string_view prefix) {
  for (const char c : prefix) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                       std::string_view("/-._~!$&'()*+,=:@").find(c) != std::string_view::npos;
    if (!plain) return false;
  }
  return prefix.starts_with('/') && OtherReadings(prefix) == std::vector<std::string>();
}

}  // namespace viaduct::sidecar
