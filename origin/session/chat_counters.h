#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "http/head.h"
#include "ops/metrics/metrics.h"
#include "origin/http/upgrade_request.h"
#include "origin/message/frame_deflater.h"
#include "origin/session/disconnect.h"

namespace viaduct::origin {

// Counts closed connections by the code of the peer's Close frame.
//
// As Counter: added to by one thread, read by any.
class CloseCodeCounts {
 public:
  // 1000 to 1015, and the codes that applications give themselves; no other can come.
  static constexpr std::array<std::pair<std::uint16_t, std::uint16_t>, 2> kRanges = {{{1000, 1015}, {3000, 4999}}};

  void Add(std::uint16_t code) {
    if (const std::size_t i = IndexOf(code); i < counts_.size()) counts_[i].Add();
  }
  std::uint64_t value(std::uint16_t code) const {
    const std::size_t i = IndexOf(code);
    return i < counts_.size() ? counts_[i].value() : 0;
  }

 private:
  static constexpr std::size_t kLow = 16;
  static constexpr std::size_t IndexOf(std::uint16_t code) {
    if (code >= 1000 && code <= 1015) return code - 1000u;
    if (code >= 3000 && code <= 4999) return kLow + code - 3000u;
    return kLow + 2000;
  }

  std::array<ops::Counter, kLow + 2000> counts_;
};

// Counters of one worker; metrics show the sum over all workers.
struct alignas(64) ChatCounters {
  ops::Counter connections;  // that became WebSockets
  ops::Gauge connections_open;
  ops::Gauge http_connections_open;
  ops::Counter messages_received;
  ops::Counter bytes_received;
  ops::Counter deliveries;  // one for each message and recipient
  ops::Counter bytes_delivered;
  ops::Gauge queued_bytes;
  ops::Gauge closes_pending;  // connections that orders of operators will still close
  DeflateCounters deflate;    // of broadcasts
  ops::Counter over_limit;    // connections cut because too many were open
  CloseCodeCounts closes;
  std::array<ops::Counter, kDisconnects.size()> disconnects;  // counted when closing begins
  std::array<ops::Counter, kUpgradeRefusals.size()> upgrade_refusals;
  std::array<ops::Counter, http::kHeadErrors.size()> bad_heads;
};

}  // namespace viaduct::origin
