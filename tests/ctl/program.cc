#include "tests/ctl/program.h"

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <spawn.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace viaduct::ctl {
namespace {

constexpr std::chrono::seconds kPatience(30);

[[noreturn]] void GiveUp(const char* what) {
  std::fprintf(stderr, "program under test: %s (%s)\n", what, std::strerror(errno));
  std::abort();
}

struct Pipe {
  int read = -1;
  int write = -1;
};

Pipe MakePipe() {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) GiveUp("no pipe");
  return {ends[0], ends[1]};
}

// A terminal in raw mode, so that what the program prints arrives unchanged.
Pipe MakeTerminal(unsigned short columns) {
  Pipe terminal;
  winsize size{.ws_row = 24, .ws_col = columns, .ws_xpixel = 0, .ws_ypixel = 0};
  termios raw{};
  cfmakeraw(&raw);
  if (openpty(&terminal.read, &terminal.write, nullptr, &raw, &size) != 0) GiveUp("no terminal");
  fcntl(terminal.read, F_SETFD, FD_CLOEXEC);
  fcntl(terminal.write, F_SETFD, FD_CLOEXEC);
  return terminal;
}

std::vector<char*> Pointers(std::vector<std::string>& words) {
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  return pointers;
}

// Appends what has come; closes `fd` and sets it to -1 at its end, which a terminal reports as EIO.
void ReadFrom(int& fd, std::string& text) {
  std::array<char, 4096> buffer{};
  const ssize_t count = read(fd, buffer.data(), buffer.size());
  if (count > 0) {
    text.append(buffer.data(), static_cast<std::size_t>(count));
    return;
  }
  close(fd);
  fd = -1;
}

}  // namespace

Program::Program(const std::vector<std::string>& words, const ProgramOptions& options) {
  const Pipe in = MakePipe();
  const Pipe out = options.terminal_columns ? MakeTerminal(*options.terminal_columns) : MakePipe();
  const Pipe err = options.typed ? MakeTerminal(80) : MakePipe();
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, options.typed ? err.write : in.read, STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, out.write, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, err.write, STDERR_FILENO);

  // Bazel or a shell may run tests with Ctrl-C ignored, and programs inherit that.
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t interrupt;
  sigemptyset(&interrupt);
  sigaddset(&interrupt, SIGINT);
  posix_spawnattr_setsigdefault(&attributes, &interrupt);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);

  std::vector<std::string> arguments = words;
  std::vector<std::string> environment = options.environment;
  environment.emplace_back("PATH=/usr/bin:/bin");
  const int error = posix_spawn(&pid_, arguments[0].c_str(), &actions, &attributes, Pointers(arguments).data(),
                                Pointers(environment).data());
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  if (error != 0) GiveUp("cannot start it");
  close(in.read);
  close(out.write);
  if (options.typed && write(err.read, options.typed->data(), options.typed->size()) < 0) GiveUp("cannot type");
  close(err.write);
  if (write(in.write, options.input.data(), options.input.size()) != static_cast<ssize_t>(options.input.size())) {
    GiveUp("cannot write its input");
  }
  close(in.write);
  out_fd_ = out.read;
  err_fd_ = err.read;
}

Program::~Program() {
  CloseOutput();
  if (err_fd_ >= 0) close(err_fd_);
  if (pid_ < 0) return;
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
}

void Program::AwaitOutput(const std::string& text) {
  const Clock::time_point deadline = Clock::now() + kPatience;
  while (out_.find(text) == std::string::npos && ReadSome(deadline)) {
  }
}

void Program::AwaitError(const std::string& text) {
  const Clock::time_point deadline = Clock::now() + kPatience;
  while (err_.find(text) == std::string::npos && ReadSome(deadline)) {
  }
}

void Program::AwaitOutputLines(std::ptrdiff_t count) {
  const Clock::time_point deadline = Clock::now() + kPatience;
  while (std::count(out_.begin(), out_.end(), '\n') < count && ReadSome(deadline)) {
  }
}

void Program::CloseOutput() {
  if (out_fd_ >= 0) close(out_fd_);
  out_fd_ = -1;
}

void Program::Signal(int number) { kill(pid_, number); }

Ended Program::Wait() {
  const Clock::time_point deadline = Clock::now() + kPatience;
  while (ReadSome(deadline)) {
  }
  int status = 0;
  if (waitpid(pid_, &status, 0) != pid_) GiveUp("cannot wait for it");
  pid_ = -1;
  Ended ended{.exit_code = std::nullopt, .signal = std::nullopt, .out = out_, .err = err_};
  if (WIFEXITED(status)) ended.exit_code = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) ended.signal = WTERMSIG(status);
  return ended;
}

bool Program::ReadSome(Clock::time_point deadline) {
  if (out_fd_ < 0 && err_fd_ < 0) return false;
  std::array<pollfd, 2> fds = {
      {{.fd = out_fd_, .events = POLLIN, .revents = 0}, {.fd = err_fd_, .events = POLLIN, .revents = 0}}};
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
  const int ready = left <= 0 ? 0 : poll(fds.data(), fds.size(), static_cast<int>(left));
  if (ready < 0 && errno == EINTR) return true;
  if (ready <= 0) GiveUp("it neither printed what was awaited nor ended");
  if (fds[0].revents != 0) ReadFrom(out_fd_, out_);
  if (fds[1].revents != 0) ReadFrom(err_fd_, err_);
  return true;
}

std::string ViaductctlPath() {
  return std::string(std::getenv("TEST_SRCDIR")) + "/" + std::getenv("TEST_WORKSPACE") + "/ctl/viaductctl";
}

Ended RunViaductctl(const std::vector<std::string>& arguments, const ProgramOptions& options) {
  std::vector<std::string> words = {ViaductctlPath()};
  words.insert(words.end(), arguments.begin(), arguments.end());
  Program program(words, options);
  return program.Wait();
}

}  // namespace viaduct::ctl
