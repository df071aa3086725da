#include "ops/log/log_sink.h"

#include <limits.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "net/quiet_thread.h"
#include "ops/log/json_line.h"
#include "text/text_buffer.h"

namespace viaduct::ops {
namespace {

using std::chrono::steady_clock;

constexpr std::chrono::milliseconds kPollTime{100};
constexpr std::chrono::milliseconds kRetryTime{10};
constexpr std::chrono::seconds kFlushTimeWhenDestroyed{1};
// Lines are gathered for this time, or up to this many bytes: waking the writer and writing cost more than the rest of
// a request.
constexpr std::chrono::milliseconds kGatherTime{100};
constexpr std::size_t kGatherBytes = 64 * 1024;

std::uint64_t CountLines(std::string_view lines) {
  return static_cast<std::uint64_t>(std::count(lines.begin(), lines.end(), '\n'));
}

// Returns as many whole lines as fit into `max_bytes`.
std::string_view LinesThatFit(std::string_view lines, std::size_t max_bytes) {
  if (lines.size() <= max_bytes) return lines;
  if (max_bytes == 0) return {};
  const std::size_t last_end = lines.rfind('\n', max_bytes - 1);
  return lines.substr(0, last_end == std::string_view::npos ? 0 : last_end + 1);
}

// A pipe that poll calls writable takes PIPE_BUF bytes at once and without blocking. Longer lines are written in
// pieces.
std::string_view NextPiece(std::string_view lines) {
  const std::string_view whole = LinesThatFit(lines, PIPE_BUF);
  return whole.empty() ? lines.substr(0, PIPE_BUF) : whole;
}

// Returns true for a regular file. A write to one never waits for a reader.
bool IsRegularFile(int fd) {
  struct stat status{};
  return fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
}

enum class WriteResult { kWrote, kWouldWait, kReaderGone };

// Writes something, or waits a little for the reader. A full disk may be freed, so only errors that cannot go away are
// final.
WriteResult WriteSome(int fd, bool regular_file, std::string_view lines, std::size_t* written) {
  if (!regular_file) {
    pollfd writable{.fd = fd, .events = POLLOUT, .revents = 0};
    if (poll(&writable, 1, static_cast<int>(kPollTime.count())) <= 0) return WriteResult::kWouldWait;
    lines = NextPiece(lines);
  }
  const ssize_t n = write(fd, lines.data(), lines.size());
  if (n >= 0) {
    *written = static_cast<std::size_t>(n);
    return WriteResult::kWrote;
  }
  if (errno == EPIPE || errno == EBADF || errno == ECONNRESET) return WriteResult::kReaderGone;
  if (errno != EINTR) poll(nullptr, 0, static_cast<int>(kRetryTime.count()));
  return WriteResult::kWouldWait;
}

}  // namespace

LogSink::LogSink(int fd, std::size_t max_pending_bytes, LogLines lines)
    : fd_(fd),
      regular_file_(IsRegularFile(fd)),
      max_pending_bytes_(max_pending_bytes),
      lines_(std::move(lines)),
      note_lines_(lines_),
      writer_(net::StartQuietThread([this] { Run(); })) {}

LogSink::~LogSink() {
  Flush(steady_clock::now() + kFlushTimeWhenDestroyed);
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  work_.notify_one();
  writer_.join();
}

void LogSink::Write(std::string_view whole_lines) {
  bool worth_waking;
  {
    const std::lock_guard lock(mutex_);
    const std::size_t room = max_pending_bytes_ > pending_bytes() ? max_pending_bytes_ - pending_bytes() : 0;
    const std::string_view fitting = given_up_ ? std::string_view() : LinesThatFit(whole_lines, room);
    Drop(whole_lines.substr(fitting.size()));
    const std::size_t before = queue_.size();
    queue_.append(fitting);
    accepted_bytes_ += fitting.size();
    worth_waking = before == 0 || (before < kGatherBytes && queue_.size() >= kGatherBytes);
  }
  if (worth_waking) work_.notify_one();
}

std::uint64_t LogSink::dropped_lines() const {
  const std::lock_guard lock(mutex_);
  return dropped_lines_;
}

bool LogSink::Flush(steady_clock::time_point deadline) {
  std::unique_lock lock(mutex_);
  const std::uint64_t target = accepted_bytes_;
  ++flushes_;
  work_.notify_one();
  const bool done = written_.wait_until(lock, deadline, [&] { return accepted_bytes_ - pending_bytes() >= target; });
  --flushes_;
  return done;
}

void LogSink::Run() {
  std::string lines;
  std::unique_lock lock(mutex_);
  while (true) {
    work_.wait(lock, [this] { return stopping_ || unreported_drops_ > 0 || !queue_.empty(); });
    work_.wait_for(lock, kGatherTime, [this] { return stopping_ || flushes_ > 0 || queue_.size() >= kGatherBytes; });
    if (unreported_drops_ > 0) QueueDropNote();
    if (queue_.empty()) return;
    lines.clear();
    lines.swap(queue_);
    taken_bytes_ = lines.size();
    lock.unlock();
    WriteOut(lines);
    lock.lock();
  }
}

void LogSink::WriteOut(std::string_view lines) {
  while (!lines.empty()) {
    std::size_t written = 0;
    const WriteResult result = WriteSome(fd_, regular_file_, lines, &written);
    lines.remove_prefix(written);
    if (result == WriteResult::kReaderGone || (result == WriteResult::kWouldWait && stopping_)) break;
    taken_bytes_ = lines.size();
  }
  const std::lock_guard lock(mutex_);
  if (!lines.empty()) GiveUp(lines);
  written_.notify_all();
}

void LogSink::GiveUp(std::string_view lines) {
  given_up_ = true;
  Drop(lines);
  Drop(queue_);
  queue_.clear();
  taken_bytes_ = 0;
  unreported_drops_ = 0;
}

void LogSink::Drop(std::string_view lines) {
  const std::uint64_t count = CountLines(lines);
  dropped_lines_ += count;
  if (!given_up_) unreported_drops_ += count;
}

void LogSink::QueueDropNote() {
  text::TextBuffer note;
  JsonLine line = note_lines_.Start(&note, LogLevel::kWarn, std::chrono::system_clock::now());
  line.Uint("count", unreported_drops_).End("log lines dropped");
  unreported_drops_ = 0;
  queue_.append(note.view());
  accepted_bytes_ += note.view().size();
}

}  // namespace viaduct::ops
