#pragma once

#include <chrono>
#include <initializer_list>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "net/unique_fd.h"
#include "tests/support/scripted_peer.h"

namespace viaduct {

// One JSON log line: member names, inner ones as "fromViewer.bytes", to values as text. A line that is not a JSON
// object, or has a member twice, has the member "broken" with the whole line.
using LogRecord = std::map<std::string, std::string>;
LogRecord ParseLogLine(std::string_view line);

// Catches what a program writes to a descriptor, line by line.
//
// Not thread-safe. The writer may be any thread.
class LogCatcher {
 public:
  LogCatcher();

  // The descriptor for a LogSink.
  int write_fd() const { return write_end_.get(); }
  // Takes out the oldest line that has all of `members`; returns an empty record if none comes in time.
  LogRecord Wait(std::initializer_list<std::pair<std::string_view, std::string_view>> members,
                 std::chrono::milliseconds time = kPatience);
  // Returns all lines that were not taken out.
  const std::vector<LogRecord>& rest();

 private:
  bool ReadMore(std::chrono::steady_clock::time_point deadline);

  net::UniqueFd read_end_;
  net::UniqueFd write_end_;
  std::string partial_;
  std::vector<LogRecord> lines_;
};

}  // namespace viaduct
