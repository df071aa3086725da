#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "http/head.h"
#include "ops/metrics/close_code_counts.h"
#include "ops/metrics/metrics.h"
#include "origin/http/upgrade_request.h"
#include "origin/message/frame_deflater.h"
#include "origin/session/disconnect.h"

namespace viaduct::origin {

// The counts of one worker; readers add the workers up.
struct alignas(64) ChatCounters {
  ops::Counter connections;  // connections that became WebSockets
  ops::Gauge connections_open;
  ops::Gauge http_connections_open;
  ops::Counter messages_received;
  ops::Counter bytes_received;
  ops::Counter deliveries;  // one for each message and recipient
  ops::Counter bytes_delivered;
  ops::Gauge queued_bytes;
  ops::Gauge closes_pending;                                  // connections that operators' orders will still close
  DeflateCounters deflate;                                    // of broadcasts
  ops::Counter over_limit;                                    // connections cut because too many were open
  ops::CloseCodeCounts closes;                                // by the code of the peer's Close frame
  std::array<ops::Counter, kDisconnects.size()> disconnects;  // counted when the end begins
  std::array<ops::Counter, kUpgradeRefusals.size()> upgrade_refusals;
  std::array<ops::Counter, http::kHeadErrors.size()> bad_heads;
};

}  // namespace viaduct::origin
