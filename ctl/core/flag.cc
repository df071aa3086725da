#include "ctl/core/flag.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "text/number.h"

namespace viaduct::ctl {
namespace {

std::optional<std::chrono::milliseconds> ParseDuration(std::string_view text, absl::Duration max) {
  absl::Duration duration;
  if (!absl::ParseDuration(std::string(text), &duration)) return std::nullopt;
  if (duration < absl::Milliseconds(1) || duration > max) return std::nullopt;
  return absl::ToChronoMilliseconds(duration);
}

absl::Status NumberError(int min, int max) {
  return absl::InvalidArgumentError(absl::StrCat("expected a whole number from ", min, " to ", max));
}

}  // namespace

const Flag* FindFlag(std::span<const Flag> flags, std::string_view name) {
  const auto found = std::find_if(flags.begin(), flags.end(), [name](const Flag& flag) { return flag.name == name; });
  return found == flags.end() ? nullptr : &*found;
}

std::vector<Flag> JoinFlags(std::initializer_list<std::vector<Flag>> families) {
  std::vector<Flag> flags;
  for (const std::vector<Flag>& family : families) flags.insert(flags.end(), family.begin(), family.end());
  return flags;
}

ValueReader ReadText(std::string* option) {
  return [option](std::string_view value) {
    if (value.empty()) return absl::InvalidArgumentError("must not be empty");
    *option = std::string(value);
    return absl::OkStatus();
  };
}

ValueReader ReadAnyText(std::optional<std::string>* option) {
  return [option](std::string_view value) {
    *option = std::string(value);
    return absl::OkStatus();
  };
}

ValueReader ReadSwitch(bool* option) {
  return [option](std::string_view) {
    *option = true;
    return absl::OkStatus();
  };
}

ValueReader ReadNumber(int* option, int min, int max) {
  return [option, min, max](std::string_view value) {
    int number = 0;
    if (!text::ReadNumber(value, &number) || number < min || number > max) return NumberError(min, max);
    *option = number;
    return absl::OkStatus();
  };
}

ValueReader ReadNumber(std::optional<int>* option, int min, int max) {
  return [option, min, max](std::string_view value) {
    int number = 0;
    if (!text::ReadNumber(value, &number) || number < min || number > max) return NumberError(min, max);
    *option = number;
    return absl::OkStatus();
  };
}

ValueReader ReadTimeout(std::chrono::milliseconds* option) {
  return [option](std::string_view value) {
    const std::optional<std::chrono::milliseconds> duration = ParseDuration(value, absl::Hours(1));
    if (!duration) return absl::InvalidArgumentError("expected a duration from 1ms to 1h, like 500ms, 5s or 2m");
    *option = *duration;
    return absl::OkStatus();
  };
}

ValueReader ReadSpan(std::optional<std::chrono::milliseconds>* option) {
  return [option](std::string_view value) {
    const std::optional<std::chrono::milliseconds> duration = ParseDuration(value, absl::Hours(10'000));
    if (!duration) return absl::InvalidArgumentError("expected a duration from 1ms to 10000h, like 90s, 10m or 24h");
    *option = *duration;
    return absl::OkStatus();
  };
}

}  // namespace viaduct::ctl
