#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ops/config/file_watch.h"

namespace viaduct::ops {

// Files that something in force is made of: when they are to be read again, and what of that is news.
//
// What is broken is read again every kRetryAfter, also when no change can be seen, and is told again only when
// something else is wrong.
//
// Not thread-safe. A value.
class WatchedFiles {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  static constexpr auto kRetryAfter = std::chrono::seconds(5);

  // kIfChanged reads what changed since the last look; kAlways reads again whatever it looks like, and tells of it.
  enum class How : std::uint8_t { kIfChanged, kAlways };
  // What the files hold was put in force, or is what was in force.
  enum class Outcome : std::uint8_t { kTaken, kSame };

  // Replaces the list; see FileWatch. Files that are not there any more are not wrong any more.
  void Watch(std::vector<std::string> paths);
  // Looks at the files, and calls `read` if they are to be read. What came of it, or nullopt if nothing is to be told.
  std::optional<absl::Status> Look(How how, TimePoint now, absl::FunctionRef<absl::StatusOr<Outcome>()> read);

  bool empty() const { return watch_.empty(); }
  // Whether what they hold now could not be taken.
  bool stale() const { return !failure_.empty(); }

 private:
  FileWatch watch_;
  std::string failure_;  // what is wrong with what is there; "" if it is in force
  TimePoint retry_at_{};
};

}  // namespace viaduct::ops
