#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "ops/log/json_line.h"
#include "ops/log/log_time.h"
#include "text/text_buffer.h"

namespace viaduct::ops {

enum class LogLevel { kInfo, kWarn, kError };

// Starts log lines with the members that all of them share, as pino writes them:
//   {"level":"info","time":"2026-05-25T13:02:54.569Z","pid":6,"hostname":"ip-10-10-8-174",...,"msg":"..."}
//
// Not thread-safe: use one for each thread. A value: copies have the same members.
class LogLines {
 public:
  // Uses this process's id and the machine's name.
  LogLines();
  LogLines(int pid, std::string_view hostname);

  // Adds a member to every line, after the existing ones. It is rendered once, here.
  void AddMember(std::string_view key, std::string_view value);

  // Begins a line at the end of `out`; the caller adds its own members and calls End(msg).
  JsonLine Start(text::TextBuffer* out, LogLevel level, std::chrono::system_clock::time_point now);

 private:
  LogTime time_;
  std::string shared_members_;  // as they follow the time: `","pid":6,"hostname":"…"`
};

}  // namespace viaduct::ops
