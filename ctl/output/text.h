#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace viaduct::ctl {

// Text for a person: times, amounts, and text from elsewhere. Pure functions.

// The two largest units of `age`: "45s", "3m12s", "5h3m", "2d7h". An age below a second, or a negative one (the clocks
// of two machines differ), is "0s".
std::string FormatAge(std::chrono::nanoseconds age);

// "512 B", "1.2 KiB", "3.0 GiB". A double, since it may be a rate; one decimal of any 64-bit count is exact enough.
std::string FormatBytes(double bytes);

// "12 messages, 1.2 KiB".
std::string FormatTraffic(std::int64_t messages, std::int64_t bytes);

// RFC 3339 in UTC with milliseconds: "2026-11-03T08:45:45.123Z".
std::string FormatTime(std::chrono::system_clock::time_point time);

// Returns `text` with every character that a terminal could take for a command, or that hides or reorders other text,
// written as \n, \t, \x1b or \u{202e}; a backslash becomes \\. The result is well-formed UTF-8 on one line.
std::string Escape(std::string_view text);

// The number of code points in `text`, which counts as its width: wide and combining characters count as one.
std::size_t Width(std::string_view text);

// The first `width` code points of `text`. If any are cut, the last one is "…".
std::string Truncate(std::string_view text, std::size_t width);

// The lines, at most `width` code points long, into which `text` is broken: at a space where there is one, otherwise in
// the middle of a word. At least one line; `width` must not be 0 unless `text` is empty.
std::vector<std::string> Wrap(std::string_view text, std::size_t width);

// `text`, padded with spaces on its right or left to `width`.
std::string PadRight(std::string_view text, std::size_t width);
std::string PadLeft(std::string_view text, std::size_t width);

}  // namespace viaduct::ctl
