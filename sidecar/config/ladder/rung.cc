#include "sidecar/config/ladder/rung.h"

namespace viaduct::sidecar {

std::string_view RungName(RungId id) {
  switch (id) {
    case RungId::kKeepAliveOverAlbIdle:
      return "keep_alive_over_alb_idle";
    case RungId::kKeepAliveOverCloudfrontKeepAlive:
      return "keep_alive_over_cloudfront_keep_alive";
    case RungId::kAlbIdleOverCloudfrontKeepAlive:
      return "alb_idle_over_cloudfront_keep_alive";
    case RungId::kNlbIdleOverCloudfrontKeepAlive:
      return "nlb_idle_over_cloudfront_keep_alive";
    case RungId::kUpstreamIdleUnderApplicationKeepAlive:
      return "upstream_idle_under_application_keep_alive";
    case RungId::kSilenceUnderAlbIdle:
      return "silence_under_alb_idle";
    case RungId::kSilenceUnderNlbIdle:
      return "silence_under_nlb_idle";
    case RungId::kSilenceUnderCloudfrontIdle:
      return "silence_under_cloudfront_idle";
    case RungId::kMaxDurationUnderAlbClientKeepAlive:
      return "max_duration_under_alb_client_keep_alive";
    case RungId::kResponseUnderCloudfrontResponse:
      return "response_under_cloudfront_response";
    case RungId::kUpgradeUnderCloudfrontResponse:
      return "upgrade_under_cloudfront_response";
    case RungId::kResponseUnderAlbIdle:
      return "response_under_alb_idle";
    case RungId::kUpgradeUnderAlbIdle:
      return "upgrade_under_alb_idle";
    case RungId::kDrainUnderStopTimeout:
      return "drain_under_stop_timeout";
    case RungId::kDrainUnderDeregistrationDelay:
      return "drain_under_deregistration_delay";
    case RungId::kDeregistrationDelayUnderStopTimeout:
      return "deregistration_delay_under_stop_timeout";
    case RungId::kStopTimeoutUnderFargateLimit:
      return "stop_timeout_under_fargate_limit";
  }
  return "unknown";
}

std::string_view RungStateName(RungState state) {
  switch (state) {
    case RungState::kHolds:
      return "ok";
    case RungState::kAdvice:
      return "advice";
    case RungState::kWrong:
      return "wrong";
  }
  return "wrong";
}

}  // namespace viaduct::sidecar
