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

// The files from which something in force was made. Decides when to read them again, and which results to report.
//
// A changed file is read once two looks find it the same: a file that is written in place is not taken half written,
// unless its writer pauses for longer than the time between two looks. Files that kRestlessLooks looks in a row find
// changed are reported once as a failure, since nothing of them is taken over while that lasts.
//
// Broken files are read again every kRetryAfter, even without a visible change, and are reported again only after a
// change of the files or of the error.
//
// Not thread-safe. A value.
class WatchedFiles {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  static constexpr auto kRetryAfter = std::chrono::seconds(5);
  static constexpr int kRestlessLooks = 10;

  // kIfChanged reads the files if any has changed and now looks as it did at the last look; kAlways, for an operator
  // who asks, reads and reports in any case.
  enum class How : std::uint8_t { kIfChanged, kAlways };
  // The content of the files was put in force, or was in force already.
  enum class Outcome : std::uint8_t { kTaken, kSame };

  // Replaces the list; see FileWatch. An empty list is no longer stale.
  void Watch(std::vector<std::string> paths);
  // Checks the files and calls `read` if necessary. Returns its result, or nullopt if there is nothing to report.
  std::optional<absl::Status> Look(How how, TimePoint now, absl::FunctionRef<absl::StatusOr<Outcome>()> read);

  bool empty() const { return watch_.empty(); }
  // True if the current content could not be taken over.
  bool stale() const { return !failure_.empty(); }

 private:
  FileWatch watch_;
  bool changed_ = false;  // since the files were read
  int restless_ = 0;      // looks in a row that found them changed
  std::string failure_;   // the error in the current content; "" if it is in force
  TimePoint retry_at_{};
};

}  // namespace viaduct::ops
