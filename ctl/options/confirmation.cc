#include "ctl/options/confirmation.h"

#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <string>

#include "absl/strings/ascii.h"

namespace viaduct::ctl {
namespace {

constexpr std::size_t kMaxAnswer = 64;

std::string ReadLine() {
  std::string line;
  char c = '\0';
  while (line.size() < kMaxAnswer) {
    const ssize_t count = read(STDIN_FILENO, &c, 1);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0 || c == '\n' || c == '\r') break;
    line.push_back(c);
  }
  return line;
}

}  // namespace

Flag YesFlag(bool* yes) {
  return {.name = "yes",
          .letter = 'y',
          .help = "do not ask; without a terminal nothing is asked anyway",
          .read = ReadSwitch(yes)};
}

bool WouldAsk(bool yes) { return !yes && isatty(STDIN_FILENO) != 0 && isatty(STDERR_FILENO) != 0; }

Outcome Confirm(std::string_view question, bool yes) {
  if (!WouldAsk(yes)) return std::nullopt;
  std::fprintf(stderr, "%.*s [y/N] ", static_cast<int>(question.size()), question.data());
  std::fflush(stderr);
  std::string answer = ReadLine();
  absl::StripAsciiWhitespace(&answer);
  absl::AsciiStrToLower(&answer);
  if (answer == "y" || answer == "yes") return std::nullopt;
  return Failure{ExitCode::kRefused, "not confirmed: nothing was changed"};
}

}  // namespace viaduct::ctl
