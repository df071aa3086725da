#include "ops/program/program.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "net/stop_signal.h"
#include "ops/log/log_line.h"
#include "ops/log/log_sink.h"

namespace viaduct::ops {
namespace {

using std::chrono::hours;
using std::chrono::nanoseconds;

struct Outcome {
  int exit_status = 0;
  std::string out;
  std::string err;
};

Outcome RunWith(std::vector<std::string> arguments) {
  Program program;
  program.name = "viaduct-x";
  program.help = "Usage: viaduct-x\n";
  program.default_ops_listen = "127.0.0.1:1";
  program.ops_listen = [](const std::string& config) -> absl::StatusOr<std::string> {
    if (config == "bad.yaml") return absl::InvalidArgumentError("bad.yaml:1:1: is bad");
    return config == "silent.yaml" ? "" : "127.0.0.1:2";
  };
  program.run = [](const ProgramOptions& options) {
    return options.command == ProgramOptions::Command::kCheck ? 41 : 42;
  };
  arguments.insert(arguments.begin(), "viaduct-x");
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  Outcome outcome;
  outcome.exit_status = RunProgram(program, static_cast<int>(argv.size()), argv.data());
  outcome.out = testing::internal::GetCapturedStdout();
  outcome.err = testing::internal::GetCapturedStderr();
  return outcome;
}

TEST(ProgramTest, DoesWhatTheCommandLineAsksFor) {
  EXPECT_EQ(RunWith({"--config", "a.yaml"}).exit_status, 42);
  EXPECT_EQ(RunWith({"--config", "a.yaml", "--check"}).exit_status, 41);
  EXPECT_EQ(RunWith({"--help"}).out, "Usage: viaduct-x\n");
  EXPECT_EQ(RunWith({"--version"}).out.substr(0, 10), "viaduct-x ");
}

TEST(ProgramTest, AWrongCommandLineIsAComplaint) {
  const Outcome outcome = RunWith({"--confg", "a.yaml"});
  EXPECT_EQ(outcome.exit_status, kExitUsage);
  EXPECT_EQ(outcome.err.substr(0, 11), "viaduct-x: ");
  EXPECT_NE(outcome.err.find("--confg"), std::string::npos) << outcome.err;
}

TEST(ProgramTest, AHealthcheckAsksWhereTheConfigOrTheCommandLineSays) {
  const struct {
    std::vector<std::string> arguments;
    std::string asked;
  } kTable[] = {
      {{"healthcheck"}, "127.0.0.1:1"},
      {{"healthcheck", "--config", "silent.yaml"}, "127.0.0.1:1"},
      {{"healthcheck", "--config", "a.yaml"}, "127.0.0.1:2"},
      {{"healthcheck", "--ops", "127.0.0.1:3"}, "127.0.0.1:3"},
  };
  for (const auto& row : kTable) {
    const Outcome outcome = RunWith(row.arguments);
    EXPECT_EQ(outcome.exit_status, kExitFailure);
    EXPECT_NE(outcome.err.find("http://" + row.asked + "/"), std::string::npos) << outcome.err;
  }
  const Outcome outcome = RunWith({"healthcheck", "--config", "bad.yaml"});
  EXPECT_EQ(outcome.exit_status, kExitUsage);
  EXPECT_EQ(outcome.err, "viaduct-x: bad.yaml:1:1: is bad\n");
}

// The test's process gets the signals; they are blocked before any thread starts.
class ProgramSignalTest : public testing::Test {
 protected:
  ProgramSignalTest() { net::BlockSignals(); }
};

// Returns the output of a logger for `body`.
template <typename Body>
std::string Logged(Body body) {
  int fds[2];
  if (::pipe2(fds, O_CLOEXEC) != 0) std::abort();
  {
    LogSink sink(fds[1]);
    body(Logger(&sink));
  }
  ::close(fds[1]);
  std::string text(65536, '\0');
  const ssize_t n = ::read(fds[0], text.data(), text.size());
  ::close(fds[0]);
  text.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
  return text;
}

TEST_F(ProgramSignalTest, ReloadsUntilItIsToStop) {
  for (const int stop : {SIGTERM, SIGINT}) {
    ::raise(SIGHUP);
    int reloads = 0;
    AwaitStop([&reloads, stop] {
      ++reloads;
      ::raise(stop);
    });
    EXPECT_EQ(reloads, 1);
  }
}

TEST_F(ProgramSignalTest, DrainsUntilNothingIsLeft) {
  int left = 3;
  const std::string log = Logged(
      [&left](const Logger& logger) { EXPECT_TRUE(AwaitDrained([&left] { return --left == 0; }, hours(1), logger)); });
  EXPECT_EQ(log, "");
}

TEST_F(ProgramSignalTest, ADrainEndsWithItsTimeOrAtASecondSignal) {
  const auto never = [] { return false; };
  std::string log =
      Logged([&never](const Logger& logger) { EXPECT_FALSE(AwaitDrained(never, nanoseconds(0), logger)); });
  EXPECT_NE(log.find("drain timeout: cutting what is open"), std::string::npos) << log;
  ::raise(SIGHUP);
  ::raise(SIGINT);
  log = Logged([&never](const Logger& logger) { EXPECT_FALSE(AwaitDrained(never, hours(1), logger)); });
  EXPECT_NE(log.find("second signal: cutting what is open"), std::string::npos) << log;
}

}  // namespace
}  // namespace viaduct::ops
