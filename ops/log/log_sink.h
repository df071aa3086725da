#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "ops/log/log_file.h"
#include "ops/log/log_line.h"

namespace viaduct::ops {

// Writes log lines to a descriptor on a thread of its own, so that a slow or dead reader of our standard output never
// blocks a caller.
//
// Lines may wait for 100 ms to be written together. At most `max_pending_bytes` wait, for a slow reader or a full disk;
// further lines are dropped whole and counted. While there is no reader (EPIPE) or the descriptor is closed, all lines
// are dropped and counted. Once there is room or a reader again, one line reports them with level "warn", the number as
// "count" and msg "log lines dropped". Lines are written in the order of the Write calls and never torn between
// callers. Never raises SIGPIPE; works with blocking and non-blocking descriptors alike.
//
// A regular file gets everything that waits in one write, and never keeps half a line: what a full disk cuts off is
// taken back. A pipe is given a line only when all of it fits, unless the line is longer than the pipe.
//
// Thread-safe. Does not own the descriptor, which must stay open until the sink is destroyed.
class LogSink {
 public:
  static constexpr std::size_t kMaxPendingBytes = std::size_t{4} << 20;

  // `lines` begins the sink's own line about dropped lines; callers begin theirs with a copy.
  explicit LogSink(int fd, std::size_t max_pending_bytes = kMaxPendingBytes, LogLines lines = LogLines());

  // Flushes; waits up to a second if the reader does not take the lines.
  ~LogSink();

  LogSink(const LogSink&) = delete;
  LogSink& operator=(const LogSink&) = delete;

  // The beginning of all lines of this program; copy it.
  const LogLines& lines() const { return lines_; }

  // Queues one or more whole lines, each ending with "\n". Holds a mutex for the time of a copy. Threads that write
  // much gather their lines and call this once in each turn of their event loop.
  void Write(std::string_view whole_lines);

  // The number of lines since the start that were not and will not be written.
  std::uint64_t dropped_lines() const;

  // Waits until everything queued before the call is written or given up. Returns false if `deadline` passes first.
  bool Flush(std::chrono::steady_clock::time_point deadline);

 private:
  void Run();
  // Writes lines, and returns what was given up since there is no reader, or at the end.
  std::string_view WriteOut(std::string_view lines);
  std::string DropNote(std::uint64_t count);
  // The functions below are called with `mutex_` held.
  std::size_t pending_bytes() const { return queue_.size() + taken_bytes_; }
  void Drop(std::string_view lines);

  LogFile file_;  // used only by the writer's thread
  const std::size_t max_pending_bytes_;
  const LogLines lines_;

  mutable std::mutex mutex_;
  std::condition_variable work_;     // The writer waits here for lines.
  std::condition_variable written_;  // Flush waits here for the writer.
  // The members below are guarded by `mutex_`.
  std::string queue_;
  int flushes_ = 0;                     // Waiting callers of Flush.
  std::uint64_t accepted_bytes_ = 0;    // Since the start.
  std::uint64_t dropped_lines_ = 0;     // Since the start.
  std::uint64_t unreported_drops_ = 0;  // Not yet reported by a line.
  bool no_reader_ = false;              // At the last attempt. The next is made for the next line.

  // Bytes that the writer took from the queue and has not written yet. Only the writer changes it, without `mutex_`:
  // callers that write without a pause would keep it from writing.
  std::atomic<std::size_t> taken_bytes_{0};
  std::atomic<bool> stopping_{false};  // No more callers: the writer ends, and gives up instead of waiting.

  LogLines note_lines_;  // Used only by the writer's thread.
  std::thread writer_;   // Last, since it uses all other members.
};

}  // namespace viaduct::ops
