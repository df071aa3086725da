#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "text/closed_list.h"

namespace viaduct::sidecar {

// The rungs of the timeout ladder: the closed list, also of the log. docs/operations.md says what to do about each.
enum class RungId : std::uint8_t {
  kKeepAliveOverAlbIdle,                   // the side that may send on an idle connection must close it first
  kKeepAliveOverCloudfrontKeepAlive,       //
  kAlbIdleOverCloudfrontKeepAlive,         //
  kNlbIdleOverCloudfrontKeepAlive,         //
  kUpstreamIdleUnderApplicationKeepAlive,  //
  kSilenceUnderAlbIdle,                    // the sidecar ends a silent tunnel politely, or keeps it open
  kSilenceUnderNlbIdle,                    //
  kSilenceUnderCloudfrontIdle,             //
  kPingUnderClientIdle,                    //
  kMaxDurationUnderAlbClientKeepAlive,     //
  kMaxDurationUnderCloudfrontCompletion,   //
  kResponseUnderCloudfrontResponse,        // whoever waits for an answer outlasts whoever gives it
  kUpgradeUnderCloudfrontResponse,         //
  kResponseUnderAlbIdle,                   //
  kUpgradeUnderAlbIdle,                    //
  kDrainUnderStopTimeout,                  // a drain ends before AWS ends it
  kDrainUnderDeregistrationDelay,          //
  kDeregistrationDelayUnderStopTimeout,    //
  kStopTimeoutUnderFargateLimit,           //
};

inline constexpr auto kRungIds = text::ClosedListOf<RungId>({
    {RungId::kKeepAliveOverAlbIdle, "keep_alive_over_alb_idle"},
    {RungId::kKeepAliveOverCloudfrontKeepAlive, "keep_alive_over_cloudfront_keep_alive"},
    {RungId::kAlbIdleOverCloudfrontKeepAlive, "alb_idle_over_cloudfront_keep_alive"},
    {RungId::kNlbIdleOverCloudfrontKeepAlive, "nlb_idle_over_cloudfront_keep_alive"},
    {RungId::kUpstreamIdleUnderApplicationKeepAlive, "upstream_idle_under_application_keep_alive"},
    {RungId::kSilenceUnderAlbIdle, "silence_under_alb_idle"},
    {RungId::kSilenceUnderNlbIdle, "silence_under_nlb_idle"},
    {RungId::kSilenceUnderCloudfrontIdle, "silence_under_cloudfront_idle"},
    {RungId::kPingUnderClientIdle, "ping_under_client_idle"},
    {RungId::kMaxDurationUnderAlbClientKeepAlive, "max_duration_under_alb_client_keep_alive"},
    {RungId::kMaxDurationUnderCloudfrontCompletion, "max_duration_under_cloudfront_completion"},
    {RungId::kResponseUnderCloudfrontResponse, "response_under_cloudfront_response"},
    {RungId::kUpgradeUnderCloudfrontResponse, "upgrade_under_cloudfront_response"},
    {RungId::kResponseUnderAlbIdle, "response_under_alb_idle"},
    {RungId::kUpgradeUnderAlbIdle, "upgrade_under_alb_idle"},
    {RungId::kDrainUnderStopTimeout, "drain_under_stop_timeout"},
    {RungId::kDrainUnderDeregistrationDelay, "drain_under_deregistration_delay"},
    {RungId::kDeregistrationDelayUnderStopTimeout, "deregistration_delay_under_stop_timeout"},
    {RungId::kStopTimeoutUnderFargateLimit, "stop_timeout_under_fargate_limit"},
});

enum class RungState : std::uint8_t {
  kHolds,
  // Works, but AWS or experience says otherwise. Never an error.
  kAdvice,
  // Viewers will see avoidable errors.
  kWrong,
};

inline constexpr auto kRungStates = text::ClosedListOf<RungState>({
    {RungState::kHolds, "ok"},
    {RungState::kAdvice, "advice"},
    {RungState::kWrong, "wrong"},
});

// Two timeouts, of which one must be the shorter. A value.
struct Rung {
  struct Side {
    std::string name;  // A field's path, or a term of paths: "2 x keepalive.ping_interval".
    std::optional<std::chrono::nanoseconds> time = std::nullopt;  // nullopt: off, longer than anything
  };

  RungId id = RungId::kKeepAliveOverAlbIdle;
  RungState state = RungState::kHolds;
  Side shorter;
  Side longer;
  std::string field;         // The field to blame, as a path from the config's root.
  std::string_view problem;  // The consequence if the rung does not hold.
  std::string fix;           // The remedy.
};

}  // namespace viaduct::sidecar
