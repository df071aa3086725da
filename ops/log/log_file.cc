#include "ops/log/log_file.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>

namespace viaduct::ops {
namespace {

constexpr std::chrono::milliseconds kPollTime{100};
constexpr std::chrono::milliseconds kRetryTime{10};

// Returns the size of the whole lines in the first `size` bytes.
std::size_t WholeLines(std::string_view lines, std::size_t size) {
  return lines.substr(0, size).rfind('\n') + 1;  // npos + 1 is 0
}

LogFile::Result WaitALittle() {
  poll(nullptr, 0, static_cast<int>(kRetryTime.count()));
  return LogFile::Result::kWouldWait;
}

}  // namespace

LogFile::LogFile(int fd) : fd_(fd), kind_(KindOf(fd)) {}

LogFile::Kind LogFile::KindOf(int fd) {
  struct stat status{};
  if (fstat(fd, &status) != 0) return Kind::kOther;
  return S_ISREG(status.st_mode) ? Kind::kRegular : S_ISFIFO(status.st_mode) ? Kind::kPipe : Kind::kOther;
}

LogFile::Result LogFile::WriteSome(std::string_view* lines) {
  std::string_view piece = *lines;
  if (kind_ != Kind::kRegular) {
    pollfd writable{.fd = fd_, .events = POLLOUT, .revents = 0};
    if (poll(&writable, 1, static_cast<int>(kPollTime.count())) <= 0) return Result::kWouldWait;
    if (kind_ == Kind::kPipe && (writable.revents & POLLERR) != 0) return Result::kNoReader;
    piece = NextPiece(*lines);
    if (piece.empty()) return WaitALittle();
  }
  const ssize_t n = write(fd_, piece.data(), piece.size());
  // A full disk may be freed, so only errors that say who is gone do not call for patience.
  if (n < 0) return errno == EPIPE || errno == EBADF || errno == ECONNRESET ? Result::kNoReader : WaitALittle();
  auto written = static_cast<std::size_t>(n);
  if (kind_ == Kind::kRegular && written < piece.size()) {
    const std::size_t whole = WholeLines(piece, written);
    if (TakeBack(written - whole)) written = whole;
  }
  lines->remove_prefix(written);
  return written > 0 ? Result::kWrote : WaitALittle();
}

// A pipe that poll calls writable takes PIPE_BUF bytes at once and without blocking, and an empty one all that it can
// hold.
std::string_view LogFile::NextPiece(std::string_view lines) const {
  if (lines.size() <= PIPE_BUF) return lines;
  if (const std::size_t whole = WholeLines(lines, PIPE_BUF); whole > 0) return lines.substr(0, whole);
  const std::string_view line = lines.substr(0, lines.find('\n') + 1);
  int waiting = 0;
  const bool fits = kind_ == Kind::kPipe && fcntl(fd_, F_GETPIPE_SZ) >= static_cast<int>(line.size()) &&
                    ioctl(fd_, FIONREAD, &waiting) == 0;
  if (!fits) return lines.substr(0, PIPE_BUF);
  return waiting == 0 ? line : std::string_view();
}

bool LogFile::TakeBack(std::size_t size) const {
  const off_t end = lseek(fd_, 0, SEEK_CUR);
  struct stat status{};
  if (end < 0 || fstat(fd_, &status) != 0 || status.st_size != end) return false;
  const off_t begin = end - static_cast<off_t>(size);
  return ftruncate(fd_, begin) == 0 && lseek(fd_, begin, SEEK_SET) == begin;
}

}  // namespace viaduct::ops
