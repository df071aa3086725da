#include "ops/log/log_sink.h"

#include <algorithm>
#include <utility>

#include "net/quiet_thread.h"
#include "ops/log/json_line.h"
#include "text/text_buffer.h"

namespace viaduct::ops {
namespace {

using std::chrono::steady_clock;

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

}  // namespace

LogSink::LogSink(int fd, std::size_t max_pending_bytes, LogLines lines)
    : file_(fd),
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
    const std::string_view fitting = LinesThatFit(whole_lines, room);
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
    work_.wait(lock, [this] { return stopping_ || (unreported_drops_ > 0 && !no_reader_) || !queue_.empty(); });
    work_.wait_for(lock, kGatherTime, [this] { return stopping_ || flushes_ > 0 || queue_.size() >= kGatherBytes; });
    if (queue_.empty() && (unreported_drops_ == 0 || no_reader_)) return;
    lines.clear();
    lines.swap(queue_);
    taken_bytes_ = lines.size();
    // Lines are dropped behind those that wait, so they are reported behind them.
    const std::string note = unreported_drops_ > 0 ? DropNote(unreported_drops_) : "";
    const std::uint64_t reported = std::exchange(unreported_drops_, 0);
    lock.unlock();
    const std::string_view rest = WriteOut(lines);
    const bool note_lost = !rest.empty() || !WriteOut(note).empty();
    lock.lock();
    taken_bytes_ = 0;
    Drop(rest);
    if (note_lost) unreported_drops_ += reported;
    no_reader_ = note_lost;
    written_.notify_all();
  }
}

std::string_view LogSink::WriteOut(std::string_view lines) {
  while (!lines.empty()) {
    const LogFile::Result result = file_.WriteSome(&lines);
    if (result == LogFile::Result::kNoReader || (result == LogFile::Result::kWouldWait && stopping_)) break;
    if (taken_bytes_ > lines.size()) taken_bytes_ = lines.size();
  }
  return lines;
}

void LogSink::Drop(std::string_view lines) {
  const std::uint64_t count = CountLines(lines);
  dropped_lines_ += count;
  unreported_drops_ += count;
}

std::string LogSink::DropNote(std::uint64_t count) {
  text::TextBuffer note;
  JsonLine line = note_lines_.Start(&note, LogLevel::kWarn, std::chrono::system_clock::now());
  line.Uint("count", count).End("log lines dropped");
  return std::string(note.view());
}

}  // namespace viaduct::ops
