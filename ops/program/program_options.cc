#include "ops/program/program_options.h"

#include <optional>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "text/duration_text.h"

namespace viaduct::ops {
namespace {

using Command = ProgramOptions::Command;

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

  // Takes the next argument if it is `name` with a value.
  std::optional<std::string> TakeValue(std::string_view name) {
    const std::string_view argument = front();
    if (argument.substr(0, name.size()) != name) return std::nullopt;
    if (argument.size() > name.size() && argument[name.size()] == '=') {
      rest_ = rest_.subspan(1);
      return std::string(argument.substr(name.size() + 1));
    }
    if (argument.size() > name.size() || rest_.size() < 2) return std::nullopt;
    const std::string value = rest_[1];
    rest_ = rest_.subspan(2);
    return value;
  }

 private:
  std::span<const char* const> rest_;
};

absl::Status Wrong(std::string_view complaint) {
  return absl::InvalidArgumentError(absl::StrCat(std::string(complaint), "; see --help"));
}

absl::Status Unknown(std::string_view argument) {
  return Wrong(absl::StrCat("unknown argument \"", std::string(argument), "\""));
}

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
      return Unknown(arguments.front());
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
      return Unknown(rest.front());
    }
  }
  if (options.config.empty()) return Wrong("--config FILE is required");
  if (options.credentials == Credentials::kLeft && options.command != Command::kCheck) {
    return Wrong("--no-secrets needs --check");
  }
  return options;
}

}  // namespace viaduct::ops
