#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string_view>

#include "ops/log/logger.h"
#include "ops/metrics/metrics.h"
#include "ops/metrics/metrics_page.h"
#include "text/closed_list.h"

namespace viaduct::ops {

// Records the calls of the admin API that showed no good token, and the connections that were ended for its limits.
// Counts all of them, and logs a warning, "admin call refused" or "admin connection refused", at most once a second,
// with the number of those in between. So nobody fills the log by guessing.
//
// Thread-safe. The logger must outlive it.
class AdminRefusals {
 public:
  enum class Reason : std::uint8_t {
    kNoToken,
    kTwoTokens,
    kWrongToken,
    kTooManyConnections,
    kNoFirstCall,
    kNoDescriptors
  };
  static constexpr auto kReasons = text::ClosedListOf<Reason>({
      {Reason::kNoToken, "no_token"},
      {Reason::kTwoTokens, "two_tokens"},
      {Reason::kWrongToken, "wrong_token"},
      {Reason::kTooManyConnections, "too_many_connections"},
      {Reason::kNoFirstCall, "no_first_call"},
      {Reason::kNoDescriptors, "no_descriptors"},
  });

  explicit AdminRefusals(const Logger* logger) : logger_(logger) {}

  struct Call {
    std::string_view method;  // "/viaduct.admin.v1.ChatAdmin/Drain"; only the beginning of a long one is logged
    std::string_view certificate_name;  // the name in the client's certificate, "" without one
  };
  void Note(Reason reason, const Call& call, std::chrono::steady_clock::time_point now);
  // The same for a connection of `peer`, an address or "unix:".
  void NoteConnection(Reason reason, std::string_view peer, std::chrono::steady_clock::time_point now);

  // Adds viaduct_admin_refused_total{reason}; this must outlive the page.
  void AddMetrics(MetricsPage* page) const;

 private:
  // Counts, and returns how many were not logged since the last line if it is time for the next.
  std::optional<std::uint64_t> Count(Reason reason, std::chrono::steady_clock::time_point now);

  const Logger* const logger_;
  std::mutex mutex_;  // lets only one thread count at a time
  std::array<Counter, kReasons.size()> counts_;
  std::optional<std::chrono::steady_clock::time_point> logged_at_;
  std::uint64_t suppressed_ = 0;
};

}  // namespace viaduct::ops
