#include "origin/http/http_date.h"

#include <cstdio>

namespace viaduct::origin {
namespace {

constexpr std::string_view kDays = "SunMonTueWedThuFriSat";
constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
constexpr std::size_t kTextBytes = 29;

}  // namespace

std::string_view HttpDate::Text(std::time_t now) {
  if (now != second_) {
    std::tm utc{};
    gmtime_r(&now, &utc);
    const std::string_view day = kDays.substr(3 * static_cast<std::size_t>(utc.tm_wday));
    const std::string_view month = kMonths.substr(3 * static_cast<std::size_t>(utc.tm_mon));
    std::snprintf(text_.data(), text_.size(), "%.3s, %02d %.3s %04d %02d:%02d:%02d GMT", day.data(), utc.tm_mday,
                  month.data(), utc.tm_year + 1900, utc.tm_hour, utc.tm_min, utc.tm_sec);
    second_ = now;
  }
  return {text_.data(), kTextBytes};
}

}  // namespace viaduct::origin
