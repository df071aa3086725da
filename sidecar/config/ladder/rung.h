#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace viaduct::sidecar {

// The rungs of the timeout ladder: the closed list, also of the log. docs/operations.md says for each what to do.
enum class RungId : std::uint8_t {
  kKeepAliveOverAlbIdle,                   // who closes an idle connection first must be who may send on it
  kKeepAliveOverCloudfrontKeepAlive,       //
  kAlbIdleOverCloudfrontKeepAlive,         //
  kNlbIdleOverCloudfrontKeepAlive,         //
  kUpstreamIdleUnderApplicationKeepAlive,  //
  kSilenceUnderAlbIdle,                    // a silent tunnel is ended by us, politely, or kept open
  kSilenceUnderNlbIdle,                    //
  kSilenceUnderCloudfrontIdle,             //
  kMaxDurationUnderAlbClientKeepAlive,     //
  kResponseUnderCloudfrontResponse,        // who waits for an answer outlives who gives it
  kUpgradeUnderCloudfrontResponse,         //
  kResponseUnderAlbIdle,                   //
  kUpgradeUnderAlbIdle,                    //
  kDrainUnderStopTimeout,                  // a drain ends before somebody else ends it
  kDrainUnderDeregistrationDelay,          //
  kDeregistrationDelayUnderStopTimeout,    //
  kStopTimeoutUnderFargateLimit,           //
};

inline constexpr std::size_t kRungCount = static_cast<std::size_t>(RungId::kStopTimeoutUnderFargateLimit) + 1;

// The one spelling in logs and docs, e.g. "keep_alive_over_alb_idle".
std::string_view RungName(RungId id);

enum class RungState : std::uint8_t {
  kHolds,
  // Works, but AWS or experience says otherwise. Never an error.
  kAdvice,
  // Viewers will see errors that need not be.
  kWrong,
};

// "ok", "advice", "wrong".
std::string_view RungStateName(RungState state);

// Two timeouts, of which one must be the shorter. A value.
struct Rung {
  struct Side {
    std::string name;  // A field's path, or a term of some: "2 x keepalive.ping_interval".
    std::optional<std::chrono::nanoseconds> time = std::nullopt;  // nullopt: off, longer than anything
  };

  RungId id = RungId::kKeepAliveOverAlbIdle;
  RungState state = RungState::kHolds;
  Side shorter;
  Side longer;
  std::string field;         // The field to blame, as a path from the config's root.
  std::string_view problem;  // What happens when it does not hold.
  std::string fix;           // What to do then.
};

}  // namespace viaduct::sidecar
