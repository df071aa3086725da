#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ip/address_ranges.h"
#include "net/event_loop.h"
#include "sidecar/request/tunnel_end.h"

namespace viaduct::sidecar {

// The facts about one tunnel at one time: a copy that may cross threads.
struct TunnelView {
  struct Way {
    std::uint64_t bytes = 0;
    std::uint64_t frames = 0;                         // data frames
    std::optional<net::Clock::time_point> last_data;  // a data frame, or a part of one
    bool blocked = false;                             // the far side takes no bytes now
    std::optional<int> close_code;                    // a Close frame came this way
  };

  std::uint32_t worker = 0;
  std::uint64_t number = 0;
  net::Clock::time_point opened;     // the first byte of its request
  net::Clock::time_point last_data;  // in either direction; before the first, the time of the 101
  Way from_viewer;
  Way from_upstream;
  bool awaiting_pong = false;
  std::optional<TunnelEnd> end;  // set once it is ending
  std::string record;            // AccessRecord::rendered
};

// The facts in a tunnel's record about the request that opened it. The texts are those of the log line.
struct TunnelRequest {
  std::string peer;
  std::string viewer;
  std::string edge;
  std::string host;
  std::string path;  // without the query, which may be confidential
  std::string room;  // "room" of the query, decoded
  std::string cloudfront_id;
  std::string trace_id;
  std::string user_agent;
  std::string secret_generation;        // the origin secret that it carried
  std::vector<std::string> would_deny;  // reasons that checks in MONITOR found

  // Reads a TunnelView's `record`.
  static TunnelRequest FromRecord(std::string_view record);
};

// Selects the tunnels that a caller wants to see. Made once, then applied to many.
class TunnelFilter {
 public:
  struct Spec {
    std::string target_prefix = {};
    std::optional<ip::AddressPrefix> viewer_range = std::nullopt;
    std::chrono::nanoseconds idle_for{0};  // without a data frame for at least this long
    std::chrono::nanoseconds open_for{0};
  };
  // Selects all tunnels.
  TunnelFilter() = default;
  explicit TunnelFilter(const Spec& spec);

  bool Matches(std::string_view record, net::Clock::time_point opened, net::Clock::time_point last_data,
               net::Clock::time_point now) const;

 private:
  std::string target_;  // as it stands in a record, or ""
  std::optional<ip::AddressPrefix> viewer_;
  std::chrono::nanoseconds idle_for_{0};
  std::chrono::nanoseconds open_for_{0};
};

}  // namespace viaduct::sidecar
