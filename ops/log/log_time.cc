#include "ops/log/log_time.h"

#include <cstddef>

namespace viaduct::ops {
namespace {

// Writes `digits` decimal digits of `value`, which has no more.
void PutDigits(char* at, int digits, std::int64_t value) {
  for (int i = digits - 1; i >= 0; --i, value /= 10) at[i] = static_cast<char>('0' + value % 10);
}

// "2026-05-25T13:02:54.000Z". The system clock's range ends in 2262, so four digits hold every year.
std::array<char, 24> SecondText(std::chrono::sys_seconds second) {
  const auto day = std::chrono::floor<std::chrono::days>(second);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss time(second - day);
  std::array<char, 24> text = {'0', '0', '0', '0', '-', '0', '0', '-', '0', '0', 'T', '0',
                               '0', ':', '0', '0', ':', '0', '0', '.', '0', '0', '0', 'Z'};
  PutDigits(&text[0], 4, static_cast<int>(date.year()));
  PutDigits(&text[5], 2, static_cast<unsigned>(date.month()));
  PutDigits(&text[8], 2, static_cast<unsigned>(date.day()));
  PutDigits(&text[11], 2, time.hours().count());
  PutDigits(&text[14], 2, time.minutes().count());
  PutDigits(&text[17], 2, time.seconds().count());
  return text;
}

}  // namespace

std::string_view LogTime::Text(std::chrono::system_clock::time_point now) {
  const auto rounded = std::chrono::floor<std::chrono::milliseconds>(now);
  const auto second = std::chrono::floor<std::chrono::seconds>(rounded);
  const std::int64_t millisecond = (rounded - second).count();
  const std::int64_t second_count = second.time_since_epoch().count();
  if (second_count != second_) {
    text_ = SecondText(second);
    second_ = second_count;
    millisecond_ = 0;
  }
  if (millisecond != millisecond_) {
    PutDigits(&text_[20], 3, millisecond);
    millisecond_ = millisecond;
  }
  return {text_.data(), text_.size()};
}

}  // namespace viaduct::ops
