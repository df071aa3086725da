#include "text/duration_text.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "text/string_view.h"

namespace viaduct::text {
namespace {

using std::chrono::nanoseconds;

struct Unit {
  std::string_view name;
  std::int64_t nanos;
};

constexpr std::array<Unit, 6> kUnits = {{{"h", 3'600'000'000'000},
                                         {"m", 60'000'000'000},
                                         {"s", 1'000'000'000},
                                         {"ms", 1'000'000},
                                         {"us", 1'000},
                                         {"ns", 1}}};

constexpr std::int64_t kMaxNanos = 87'600 * kUnits[0].nanos;
constexpr std::string_view kDigits = "0123456789";

absl::Status NotADuration() {
  return absl::InvalidArgumentError(
      "expected whole numbers with units, the larger first, such as 250ms, 25s, 10m or 1m30s");
}

absl::Status TooLong() { return absl::InvalidArgumentError("longer than 87600h"); }

// Takes `length` bytes off the front of `text`.
std::string_view Take(std::string_view* text, std::size_t length) {
  const std::string_view taken = text->substr(0, length);
  text->remove_prefix(taken.size());
  return taken;
}

// Returns the index of the unit with this name.
std::optional<std::size_t> FindUnit(std::string_view name) {
  for (std::size_t i = 0; i < kUnits.size(); ++i) {
    if (kUnits[i].name == name) return i;
  }
  return std::nullopt;
}

// Returns the product of decimal digits and a unit, or nullopt if it is above the limit.
std::optional<std::int64_t> Nanos(std::string_view digits, std::int64_t unit) {
  std::int64_t value = 0;
  for (char digit : digits) {
    value = value * 10 + (digit - '0');
    if (value > kMaxNanos / unit) return std::nullopt;
  }
  return value * unit;
}

bool IsBareNumber(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789.") == std::string_view::npos;
}

}  // namespace

absl::StatusOr<nanoseconds> ParseDuration(std::string_view text) {
  if (IsBareNumber(text)) return absl::InvalidArgumentError("a unit is missing, such as in 250ms, 25s, 10m or 1h");
  if (text.size() > 1 && text[0] == '-' && kDigits.find(text[1]) != std::string_view::npos) {
    return absl::InvalidArgumentError("a duration may not be negative");
  }
  if (text.empty()) return NotADuration();
  std::int64_t total = 0;
  std::size_t next_unit = 0;
  while (!text.empty()) {
    const std::string_view digits = Take(&text, text.find_first_not_of(kDigits));
    const std::string_view name = Take(&text, text.find_first_of(kDigits));
    const std::optional<std::size_t> unit = FindUnit(name);
    if (digits.empty() || !unit.has_value() || *unit < next_unit) return NotADuration();
    const std::optional<std::int64_t> nanos = Nanos(digits, kUnits[*unit].nanos);
    if (!nanos.has_value() || *nanos > kMaxNanos - total) return TooLong();
    total += *nanos;
    next_unit = *unit + 1;
  }
  return nanoseconds(total);
}

std::string DurationText(nanoseconds duration) {
  const std::int64_t count = duration.count();
  if (count == 0) return "0s";
  std::string text = count < 0 ? "-" : "";
  std::uint64_t rest = count < 0 ? 0 - static_cast<std::uint64_t>(count) : static_cast<std::uint64_t>(count);
  for (const Unit& unit : kUnits) {
    const auto size = static_cast<std::uint64_t>(unit.nanos);
    if (rest >= size) absl::StrAppend(&text, rest / size, ToAbsl(unit.name));
    rest %= size;
  }
  return text;
}

nanoseconds ToChrono(const google::protobuf::Duration& duration) {
  // One second less than fits leaves room for the nanoseconds.
  constexpr std::int64_t kMaxSeconds = std::numeric_limits<std::int64_t>::max() / 1'000'000'000 - 1;
  if (duration.seconds() > kMaxSeconds) return nanoseconds::max();
  if (duration.seconds() < -kMaxSeconds) return nanoseconds::min();
  return std::chrono::seconds(duration.seconds()) + nanoseconds(duration.nanos());
}

google::protobuf::Duration ToProto(nanoseconds duration) {
  google::protobuf::Duration proto;
  proto.set_seconds(duration.count() / 1'000'000'000);
  proto.set_nanos(static_cast<std::int32_t>(duration.count() % 1'000'000'000));
  return proto;
}

}  // namespace viaduct::text
