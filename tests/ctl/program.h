#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace viaduct::ctl {

// The result of a program that was run. A value.
struct Ended {
  // One of the two is set.
  std::optional<int> exit_code;
  std::optional<int> signal;
  std::string out;
  std::string err;
};

struct ProgramOptions {
  // "NAME=value"; nothing else but PATH is set.
  std::vector<std::string> environment = {};
  // The text on standard input, up to the size of a pipe.
  std::string input = {};
  // Standard output is a terminal with this number of columns, and `out` is what it shows; unset: a pipe.
  std::optional<unsigned short> terminal_columns = std::nullopt;
  // Standard input and standard error are another terminal, where this is typed, and `err` is what it shows.
  std::optional<std::string> typed = std::nullopt;
};

// A program under test, in a process of its own, which the destructor kills. If any wait takes thirty seconds, the test
// process ends with a message.
class Program {
 public:
  Program(const std::vector<std::string>& words, const ProgramOptions& options);
  ~Program();

  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  // Waits until its standard output, or error, holds `text`, or has ended.
  void AwaitOutput(const std::string& text);
  void AwaitError(const std::string& text);
  void AwaitOutputLines(std::ptrdiff_t count);

  // Ends our reading of its standard output.
  void CloseOutput();

  void Signal(int number);

  // Reads everything it prints and waits for its end.
  Ended Wait();

 private:
  using Clock = std::chrono::steady_clock;

  // Reads what has come. Returns false once both streams have ended.
  bool ReadSome(Clock::time_point deadline);

  pid_t pid_ = -1;
  int out_fd_ = -1;
  int err_fd_ = -1;
  std::string out_;
  std::string err_;
};

// Returns the path of viaductctl among this test's runfiles.
std::string ViaductctlPath();

// Runs viaductctl with `arguments` to its end.
Ended RunViaductctl(const std::vector<std::string>& arguments, const ProgramOptions& options = {});

}  // namespace viaduct::ctl
