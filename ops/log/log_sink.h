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

#include "ops/log/log_line.h"

namespace viaduct::ops {

// Carries log lines to a descriptor on a thread of its own, so that a slow or dead reader of our standard output never
// holds up a caller.
//
// Lines may wait for 100 ms to be written together. At most `max_pending_bytes` wait; further lines are dropped whole
// and counted, and once there is room again one line with level "warn", the number as "count" and msg "log lines
// dropped" tells it. Lines are written in the order of the Write calls and never torn between callers. Once the reader
// is gone for good (EPIPE) nothing more is written, and all lines count as dropped. Never raises SIGPIPE; works with
// blocking and non-blocking descriptors alike. To a regular file all that waits is one write.
//
// Thread-safe. Does not own the descriptor, which must stay open until the sink is destroyed.
class LogSink {
 public:
  static constexpr std::size_t kMaxPendingBytes = std::size_t{4} << 20;

  // `lines` begins its own line about dropped ones; its callers begin theirs with a copy.
  explicit LogSink(int fd, std::size_t max_pending_bytes = kMaxPendingBytes, LogLines lines = LogLines());

  // Flushes, for up to a second if the reader does not take the lines.
  ~LogSink();

  LogSink(const LogSink&) = delete;
  LogSink& operator=(const LogSink&) = delete;

  // To be copied: what all lines of this program begin with.
  const LogLines& lines() const { return lines_; }

  // Queues one or more whole lines; each ends with "\n". Holds a mutex for the time of a copy. Threads that write much
  // gather their lines and call this once a turn of their event loop.
  void Write(std::string_view whole_lines);

  // Lines that will never be written, since the start.
  std::uint64_t dropped_lines() const;

  // Waits until everything queued before the call is written or given up; false if that takes past `deadline`.
  bool Flush(std::chrono::steady_clock::time_point deadline);

 private:
  void Run();
  void WriteOut(std::string_view lines);
  // All below are called with `mutex_` held.
  std::size_t pending_bytes() const { return queue_.size() + taken_bytes_; }
  void GiveUp(std::string_view lines);
  void Drop(std::string_view lines);
  void QueueDropNote();

  const int fd_;
  const bool regular_file_;
  const std::size_t max_pending_bytes_;
  const LogLines lines_;

  mutable std::mutex mutex_;
  std::condition_variable work_;     // The writer waits here for lines.
  std::condition_variable written_;  // Flush waits here for the writer.
  // All below under `mutex_`.
  std::string queue_;
  int flushes_ = 0;                     // Callers of Flush that wait.
  std::uint64_t accepted_bytes_ = 0;    // Since the start.
  std::uint64_t dropped_lines_ = 0;     // Since the start.
  std::uint64_t unreported_drops_ = 0;  // Not yet told by a line; 0 once given up.
  bool given_up_ = false;               // Nothing will be written any more.

  // What the writer took from the queue and has not written yet. Only the writer changes it, and not under `mutex_`:
  // callers that write without a pause would keep it from writing.
  std::atomic<std::size_t> taken_bytes_{0};
  std::atomic<bool> stopping_{false};  // No more callers: the writer ends, and gives up rather than wait.

  LogLines note_lines_;  // Of the writer's thread.
  std::thread writer_;   // Last, since it uses all the others.
};

}  // namespace viaduct::ops
