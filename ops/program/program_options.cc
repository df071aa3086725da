#include "ops/program/program_options.h"

#include <optional>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "text/duration_text.h"

namespace viaduct::ops {
namespace {

using Command = ProgramOptions::Command;

absl::Status Wrong(std::string_view complaint) {
  return absl::InvalidArgumentError(absl::StrCat(std::string(complaint), "; see --help"));
}

// Reads the arguments one after the other.
class Arguments {
 public:
  explicit Arguments(std::span<const char* const> arguments) : rest_(arguments) {}

  bool empty() const { return rest_.empty(); }
  std::string_view front() const { return rest_.front(); }

  // Takes the next argument if it is `name`.
  bool Take(std::string_view name) {
    if (front() != name) return false;
    rest_ = rest_.subspan(1);
    return true;
  }

  // Takes the next argument if it is `name` with a value, which is not empty. Notes `name` if only the value is
  // missing.
  std::optional<std::string> TakeValue(std::string_view name) {
    const std::string_view argument = front();
    if (!argument.starts_with(name)) return std::nullopt;
    const std::string_view tail = argument.substr(name.size());
    if (!tail.empty() && tail.front() != '=') return std::nullopt;
    const std::string value = !tail.empty() ? std::string(tail.substr(1)) : rest_.size() > 1 ? rest_[1] : "";
    if (value.empty()) {
      without_value_ = name;
      return std::nullopt;
    }
    rest_ = rest_.subspan(tail.empty() ? 2 : 1);
    return value;
  }

  // Returns the error of the next argument, which was not taken.
  absl::Status NotTaken() const {
    if (!without_value_.empty()) return Wrong(absl::StrCat(std::string(without_value_), " needs a value"));
    return Wrong(absl::StrCat("unknown argument \"", std::string(front()), "\""));
  }

 private:
  std::string_view without_value_;
  std::span<const char* const> rest_;
};

absl::StatusOr<ProgramOptions> ParseHealthcheck(Arguments arguments) {
  ProgramOptions options{.command = Command::kHealthcheck};
  while (!arguments.empty()) {
    if (arguments.Take("--ready")) {
      options.ready = true;
    } else if (const auto config = arguments.TakeValue("--config")) {
      options.config = *config;
    } else if (const auto ops = arguments.TakeValue("--ops")) {
      options.ops = *ops;
    } else if (const auto timeout = arguments.TakeValue("--timeout")) {
      const absl::StatusOr<std::chrono::nanoseconds> duration = text::ParseDuration(*timeout);
      if (!duration.ok()) return Wrong(absl::StrCat("--timeout \"", *timeout, "\": ", duration.status().message()));
      if (*duration == std::chrono::nanoseconds::zero()) return Wrong("--timeout must be longer than 0s");
      options.timeout = *duration;
    } else {
      return arguments.NotTaken();
    }
  }
  if (!options.config.empty() && !options.ops.empty()) return Wrong("give either --config or --ops, not both");
  return options;
}

}  // namespace

absl::StatusOr<ProgramOptions> ParseProgramOptions(std::span<const char* const> arguments) {
  Arguments rest(arguments);
  if (!rest.empty() && rest.Take("healthcheck")) return ParseHealthcheck(rest);
  ProgramOptions options;
  while (!rest.empty()) {
    if (rest.Take("--help")) return ProgramOptions{.command = Command::kHelp};
    if (rest.Take("--version")) return ProgramOptions{.command = Command::kVersion};
    if (rest.Take("--check")) {
      options.command = Command::kCheck;
    } else if (rest.Take("--no-secrets")) {
      options.credentials = Credentials::kLeft;
    } else if (const auto config = rest.TakeValue("--config")) {
      options.config = *config;
    } else {
      return rest.NotTaken();
    }
  }
  if (options.config.empty()) return Wrong("--config FILE is required");
  if (options.credentials == Credentials::kLeft && options.command != Command::kCheck) {
    return Wrong("--no-secrets needs --check");
  }
  return options;
}

}  // namespace viaduct::ops
