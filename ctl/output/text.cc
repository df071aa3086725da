#include "ctl/output/text.h"

#include <array>
#include <cstdio>
#include <ctime>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "text/terminal_safe.h"
#include "text/utf8.h"

namespace viaduct::ctl {
namespace {

std::string EscapeSequence(char32_t c) {
  if (c == '\n') return "\\n";
  if (c == '\r') return "\\r";
  if (c == '\t') return "\\t";
  if (c < 0x100) return absl::StrFormat("\\x%02x", static_cast<unsigned>(c));
  return absl::StrFormat("\\u{%x}", static_cast<unsigned>(c));
}

// Returns the size of the first `count` code points of `text`, which has at least as many.
std::size_t BytesOf(std::string_view text, std::size_t count) {
  std::size_t end = 0;
  for (std::size_t taken = 0; taken < count; ++taken) {
    const text::Utf8Step next = text::ReadUtf8(text.substr(end));
    end += next.valid ? next.length : 1;
  }
  return end;
}

}  // namespace

std::string FormatAge(std::chrono::nanoseconds age) {
  using std::chrono::days;
  using std::chrono::hours;
  using std::chrono::minutes;
  using std::chrono::seconds;
  if (age < std::chrono::nanoseconds::zero()) age = {};
  const auto d = std::chrono::duration_cast<days>(age).count();
  const auto h = std::chrono::duration_cast<hours>(age).count() % 24;
  const auto m = std::chrono::duration_cast<minutes>(age).count() % 60;
  const auto s = std::chrono::duration_cast<seconds>(age).count() % 60;
  if (d > 0) return absl::StrCat(d, "d", h, "h");
  if (h > 0) return absl::StrCat(h, "h", m, "m");
  if (m > 0) return absl::StrCat(m, "m", s, "s");
  return absl::StrCat(s, "s");
}

std::string FormatBytes(double bytes) {
  // From this value on, "%.0f" would show 1024, and "%.1f" 1024.0.
  constexpr double kRoundsToFirstUnit = 1023.5;
  constexpr double kRoundsToNextUnit = 1023.95;
  if (bytes < kRoundsToFirstUnit) return absl::StrFormat("%.0f B", bytes);
  constexpr std::array<const char*, 6> kUnits = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  double amount = bytes / 1024;
  std::size_t unit = 0;
  while (amount >= kRoundsToNextUnit && unit + 1 < kUnits.size()) {
    amount /= 1024;
    ++unit;
  }
  return absl::StrFormat("%.1f %s", amount, kUnits[unit]);
}

std::string FormatTraffic(std::int64_t messages, std::int64_t bytes) {
  return absl::StrCat(messages, " messages, ", FormatBytes(static_cast<double>(bytes)));
}

std::string FormatTime(std::chrono::system_clock::time_point time) {
  const auto second = std::chrono::floor<std::chrono::seconds>(time);
  const auto millisecond = std::chrono::floor<std::chrono::milliseconds>(time - second).count();
  const std::time_t seconds = std::chrono::system_clock::to_time_t(second);
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  return absl::StrFormat("%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday,
                         utc.tm_hour, utc.tm_min, utc.tm_sec, millisecond);
}

std::string Escape(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const text::Utf8Step next = text::ReadUtf8(text);
    if (!next.valid) {
      absl::StrAppend(&out, EscapeSequence(static_cast<unsigned char>(text.front())));
      text.remove_prefix(1);
      continue;
    }
    if (next.code_point == '\\') {
      out.append("\\\\");
    } else if (!text::IsTerminalSafe(next.code_point)) {
      out.append(EscapeSequence(next.code_point));
    } else {
      out.append(text.substr(0, next.length));
    }
    text.remove_prefix(next.length);
  }
  return out;
}

std::size_t Width(std::string_view text) {
  std::size_t width = 0;
  for (const char c : text) {
    const bool continues = (static_cast<unsigned char>(c) & 0xC0) == 0x80;
    if (!continues) ++width;
  }
  return width;
}

std::string Truncate(std::string_view text, std::size_t width) {
  if (Width(text) <= width) return std::string(text);
  if (width == 0) return "";
  return std::string(text.substr(0, BytesOf(text, width - 1))) + "…";
}

std::vector<std::string> Wrap(std::string_view text, std::size_t width) {
  std::vector<std::string> lines;
  while (Width(text) > width && width > 0) {
    const std::size_t end = BytesOf(text, width);
    // A space directly behind the line counts, too.
    const std::size_t space = text.substr(0, end + 1).rfind(' ');
    const bool at_space = space != std::string_view::npos && space > 0;
    lines.emplace_back(text.substr(0, at_space ? space : end));
    text.remove_prefix(at_space ? space + 1 : end);
  }
  lines.emplace_back(text);
  return lines;
}

std::string PadRight(std::string_view text, std::size_t width) {
  std::string padded(text);
  const std::size_t used = Width(text);
  if (used < width) padded.append(width - used, ' ');
  return padded;
}

std::string PadLeft(std::string_view text, std::size_t width) {
  const std::size_t used = Width(text);
  return std::string(used < width ? width - used : 0, ' ').append(text);
}

}  // namespace viaduct::ctl
