#include "sidecar/config/ladder/timeout_ladder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "ops/config/config_file.h"
#include "sidecar/config/config.h"

namespace viaduct::sidecar {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Returns the ladder of the minimal config with `yaml` appended.
std::vector<Rung> Ladder(const std::string& yaml, Front front) {
  sidecar::v1::SidecarConfig proto;
  const absl::StatusOr<ops::ConfigFile> file =
      ops::ConfigFile::Parse("c.yaml",
                             "listen: 0.0.0.0:8080\nvpc_origin: {mode: ALB, trusted_peers: [10.0.0.0/8]}\n"
                             "upstream: {address: '127.0.0.1:8082'}\n" +
                                 yaml,
                             &proto);
  EXPECT_TRUE(file.ok()) << file.status();
  const absl::StatusOr<SidecarConfig> config = SidecarConfig::Create(&proto);
  EXPECT_TRUE(config.ok()) << config.status();
  return TimeoutLadder(proto, front);
}

// Returns "wrong keep_alive_over_alb_idle" for each rung that does not hold.
std::vector<std::string> Faults(const std::string& yaml, Front front = Front::kAlb) {
  std::vector<std::string> faults;
  for (const Rung& rung : Ladder(yaml, front)) {
    if (rung.state == RungState::kHolds) continue;
    faults.push_back(std::string(kRungStates.Name(rung.state)) + " " + std::string(kRungIds.Name(rung.id)));
  }
  return faults;
}

// AWS's own defaults deserve advice.
constexpr char kTuned[] = "environment: {deregistration_delay: 30s";
std::string Tuned(const std::string& more = "") { return std::string(kTuned) + more + "}\n"; }

std::vector<std::string> Names(Front front, const std::string& yaml = "") {
  std::vector<std::string> names;
  for (const Rung& rung : Ladder(yaml, front)) names.emplace_back(kRungIds.Name(rung.id));
  return names;
}

TEST(TimeoutLadderTest, OurDefaultsHoldAndOneOfAwsDeservesAdvice) {
  for (const Front front : {Front::kAlb, Front::kNlb}) {
    EXPECT_THAT(Faults("", front), ElementsAre("advice deregistration_delay_under_stop_timeout"));
    EXPECT_THAT(Faults(Tuned(), front), IsEmpty());
  }
  EXPECT_THAT(Faults("", Front::kNothing), IsEmpty());
}

TEST(TimeoutLadderTest, OnlyWhatStandsInFrontHasRungs) {
  EXPECT_THAT(
      Names(Front::kAlb, "timeouts: {max_duration: 1h}\n"),
      ElementsAre("keep_alive_over_alb_idle", "alb_idle_over_cloudfront_keep_alive",
                  "upstream_idle_under_application_keep_alive", "silence_under_alb_idle",
                  "silence_under_cloudfront_idle", "ping_under_client_idle", "max_duration_under_alb_client_keep_alive",
                  "response_under_cloudfront_response", "upgrade_under_cloudfront_response", "response_under_alb_idle",
                  "upgrade_under_alb_idle", "drain_under_stop_timeout", "drain_under_deregistration_delay",
                  "deregistration_delay_under_stop_timeout", "stop_timeout_under_fargate_limit"));
  EXPECT_THAT(
      Names(Front::kNlb),
      ElementsAre("keep_alive_over_cloudfront_keep_alive", "nlb_idle_over_cloudfront_keep_alive",
                  "upstream_idle_under_application_keep_alive", "silence_under_nlb_idle",
                  "silence_under_cloudfront_idle", "ping_under_client_idle", "response_under_cloudfront_response",
                  "upgrade_under_cloudfront_response", "drain_under_stop_timeout",
                  "deregistration_delay_under_stop_timeout", "stop_timeout_under_fargate_limit"));
  EXPECT_THAT(
      Names(Front::kNothing),
      ElementsAre("keep_alive_over_cloudfront_keep_alive", "upstream_idle_under_application_keep_alive",
                  "silence_under_cloudfront_idle", "ping_under_client_idle", "response_under_cloudfront_response",
                  "upgrade_under_cloudfront_response", "drain_under_stop_timeout", "stop_timeout_under_fargate_limit"));
}

TEST(TimeoutLadderTest, EachRungHoldsUpToItsBoundAndNotBeyond) {
  const struct {
    Front front;
    std::string holds;
    std::string fails;
    const char* fault;
  } kTable[] = {
      // The sidecar outlives the balancer's idle connections, by five seconds at best.
      {Front::kAlb, Tuned() + "timeouts: {keep_alive_timeout: 65s}",
       Tuned() + "timeouts: {keep_alive_timeout: 64s999ms}", "advice keep_alive_over_alb_idle"},
      {Front::kAlb, Tuned() + "timeouts: {keep_alive_timeout: 65s}", Tuned() + "timeouts: {keep_alive_timeout: 60s}",
       "wrong keep_alive_over_alb_idle"},
      {Front::kNlb, Tuned() + "timeouts: {keep_alive_timeout: 10s}", Tuned() + "timeouts: {keep_alive_timeout: 5s}",
       "wrong keep_alive_over_cloudfront_keep_alive"},
      {Front::kAlb, Tuned(", cloudfront_keep_alive_timeout: 59s"), Tuned(", cloudfront_keep_alive_timeout: 60s"),
       "wrong alb_idle_over_cloudfront_keep_alive"},
      {Front::kNlb, Tuned(", cloudfront_keep_alive_timeout: 59s, nlb_idle_timeout: 60s"),
       Tuned(", cloudfront_keep_alive_timeout: 60s, nlb_idle_timeout: 60s") + "timeouts: {keep_alive_timeout: 2m}",
       "wrong nlb_idle_over_cloudfront_keep_alive"},
      {Front::kAlb, Tuned(", application_keep_alive_timeout: 4001ms"), Tuned(", application_keep_alive_timeout: 4s"),
       "wrong upstream_idle_under_application_keep_alive"},
      // Pings at half of each idle timeout.
      {Front::kAlb, Tuned() + "keepalive: {ping_interval: 30s}", Tuned() + "keepalive: {ping_interval: 30s1ms}",
       "wrong silence_under_alb_idle"},
      {Front::kNlb, Tuned() + "keepalive: {ping_interval: 175s}", Tuned() + "keepalive: {ping_interval: 176s}",
       "wrong silence_under_nlb_idle"},
      {Front::kNothing, "keepalive: {ping_interval: 300s}", "keepalive: {ping_interval: 301s}",
       "wrong silence_under_cloudfront_idle"},
      {Front::kAlb, Tuned() + "keepalive: {ping_interval: 27s}", Tuned() + "keepalive: {ping_interval: 27s300ms}",
       "advice ping_under_client_idle"},
      // Without pings an idle timeout of ours comes first; towards CloudFront only one that counts the upstream's
      // bytes.
      {Front::kNothing, "keepalive: {ping_interval: 0s}\ntimeouts: {upstream_idle_timeout: 599s}",
       "keepalive: {ping_interval: 0s}\ntimeouts: {upstream_idle_timeout: 600s}",
       "wrong silence_under_cloudfront_idle"},
      {Front::kNothing, "", "keepalive: {ping_interval: 0s}\ntimeouts: {idle_timeout: 10s}",
       "wrong silence_under_cloudfront_idle"},
      {Front::kAlb, Tuned() + "keepalive: {ping_interval: 0s}\ntimeouts: {upstream_idle_timeout: 59s}",
       Tuned() + "keepalive: {ping_interval: 0s}\ntimeouts: {upstream_idle_timeout: 60s}",
       "wrong silence_under_alb_idle"},
      {Front::kAlb,
       Tuned() + "keepalive: {ping_interval: 0s}\ntimeouts: {idle_timeout: 59s, upstream_idle_timeout: 70s}",
       Tuned() + "keepalive: {ping_interval: 0s}\ntimeouts: {idle_timeout: 60s, upstream_idle_timeout: 70s}",
       "wrong silence_under_alb_idle"},
      {Front::kAlb, Tuned() + "timeouts: {max_duration: 1h}", Tuned() + "timeouts: {max_duration: 1h1ms}",
       "advice max_duration_under_alb_client_keep_alive"},
      {Front::kNothing,
       "environment: {cloudfront_response_completion_timeout: 10m}\ntimeouts: {max_duration: 589s999ms}",
       "environment: {cloudfront_response_completion_timeout: 10m}\ntimeouts: {max_duration: 590s}",
       "wrong max_duration_under_cloudfront_completion"},
      // Without an end of ours, CloudFront's comes first; most origins in CloudFront have none.
      {Front::kAlb, Tuned(), Tuned(", cloudfront_response_completion_timeout: 8760h"),
       "wrong max_duration_under_cloudfront_completion"},
      // Whoever waits for an answer waits longer than the sidecar.
      {Front::kAlb, Tuned() + "timeouts: {response_timeout: 28s999ms}", Tuned() + "timeouts: {response_timeout: 29s}",
       "wrong response_under_cloudfront_response"},
      {Front::kAlb, Tuned() + "timeouts: {upgrade_timeout: 28s999ms}", Tuned() + "timeouts: {upgrade_timeout: 29s}",
       "wrong upgrade_under_cloudfront_response"},
      {Front::kAlb, Tuned(", cloudfront_response_timeout: 120s") + "timeouts: {response_timeout: 58s}",
       Tuned(", cloudfront_response_timeout: 120s") + "timeouts: {response_timeout: 59s}",
       "wrong response_under_alb_idle"},
      {Front::kAlb, Tuned(", cloudfront_response_timeout: 120s") + "timeouts: {upgrade_timeout: 58s}",
       Tuned(", cloudfront_response_timeout: 120s") + "timeouts: {upgrade_timeout: 59s}",
       "wrong upgrade_under_alb_idle"},
      // A drain ends in time.
      {Front::kNothing, "drain: {timeout: 28s}", "drain: {timeout: 29s}", "advice drain_under_stop_timeout"},
      {Front::kNothing, "drain: {timeout: 28s}", "drain: {timeout: 30s}", "wrong drain_under_stop_timeout"},
      {Front::kAlb, "environment: {deregistration_delay: 25s}", "environment: {deregistration_delay: 24s}",
       "wrong drain_under_deregistration_delay"},
      {Front::kAlb, Tuned(), "environment: {deregistration_delay: 0s}", "wrong drain_under_deregistration_delay"},
      {Front::kNlb, Tuned(), "environment: {deregistration_delay: 31s}",
       "advice deregistration_delay_under_stop_timeout"},
      {Front::kNothing, "environment: {ecs_stop_timeout: 120s}", "environment: {ecs_stop_timeout: 121s}",
       "advice stop_timeout_under_fargate_limit"},
  };
  // The rows that are about pings have intervals beyond its bound.
  const std::string client = "advice ping_under_client_idle";
  for (const auto& row : kTable) {
    std::vector<std::string> holds = Faults(row.holds, row.front);
    std::vector<std::string> fails = Faults(row.fails, row.front);
    if (row.fault != client) std::erase(holds, client);
    if (row.fault != client) std::erase(fails, client);
    EXPECT_THAT(holds, IsEmpty()) << row.holds;
    EXPECT_THAT(fails, ElementsAre(row.fault)) << row.fails;
  }
}

TEST(TimeoutLadderTest, WithoutAnyEndToSilenceBothIdlesAreWrong) {
  EXPECT_THAT(Faults(Tuned() + "keepalive: {ping_interval: 0s}\n"),
              ElementsAre("wrong silence_under_alb_idle", "wrong silence_under_cloudfront_idle"));
}

TEST(TimeoutLadderTest, APoolThatKeepsNothingCannotMeetAClosingConnection) {
  const std::string yaml = Tuned(", application_keep_alive_timeout: 1s");
  EXPECT_THAT(Faults(yaml), ElementsAre("wrong upstream_idle_under_application_keep_alive"));
  sidecar::v1::SidecarConfig proto;
  proto.mutable_upstream()->set_max_idle_connections(0);
  for (const Rung& rung : TimeoutLadder(proto, Front::kAlb)) {
    EXPECT_NE(rung.id, RungId::kUpstreamIdleUnderApplicationKeepAlive);
  }
}

TEST(TimeoutLadderTest, OfRoutesTheOneThatIsWorstOffIsTold) {
  const std::string routes =
      "routes:\n"
      "  - {path_prefix: /fast, timeouts: {response_timeout: 5s}}\n"
      "  - {path_prefix: /slow, timeouts: {response_timeout: 35s, upgrade_timeout: 35s}, websocket: REFUSE}\n"
      "  - {path_prefix: /slower, timeouts: {response_timeout: 45s}, http: REFUSE}\n"
      "  - {path_prefix: /other, upstream: {address: '127.0.0.1:1', idle_timeout: 9s, connect_timeout: 30s}}\n"
      "  - {path_prefix: /late, timeouts: {max_duration: 2h}}\n";
  EXPECT_THAT(
      Faults(Tuned(", cloudfront_response_timeout: 50s") + routes, Front::kAlb),
      ElementsAre("wrong upstream_idle_under_application_keep_alive", "advice max_duration_under_alb_client_keep_alive",
                  "wrong response_under_cloudfront_response"));
  for (const Rung& rung : Ladder(routes, Front::kAlb)) {
    if (rung.id == RungId::kUpstreamIdleUnderApplicationKeepAlive) {
      EXPECT_EQ(rung.field, "routes[3].upstream.idle_timeout");
      EXPECT_EQ(rung.shorter.time, std::chrono::seconds(9));
    } else if (rung.id == RungId::kResponseUnderCloudfrontResponse) {
      EXPECT_EQ(rung.field, "routes[3].timeouts.response_timeout");
      EXPECT_EQ(rung.shorter.name, "routes[3].upstream.connect_timeout + routes[3].timeouts.response_timeout");
      EXPECT_EQ(rung.shorter.time, std::chrono::seconds(58));
    } else if (rung.id == RungId::kUpgradeUnderCloudfrontResponse) {
      EXPECT_EQ(rung.shorter.time, std::chrono::seconds(40));
    } else if (rung.id == RungId::kMaxDurationUnderAlbClientKeepAlive) {
      EXPECT_EQ(rung.field, "routes[4].timeouts.max_duration");
    }
  }
}

TEST(TimeoutLadderTest, WithoutPingsARouteWithoutAnIdleTimeoutIsWrong) {
  const std::string silent = Tuned() + "keepalive: {ping_interval: 0s}\ntimeouts: {upstream_idle_timeout: 50s}\n";
  EXPECT_THAT(Faults(silent), IsEmpty());
  EXPECT_THAT(Faults(silent + "routes: [{path_prefix: /a, timeouts: {upstream_idle_timeout: 0s}}]\n"),
              ElementsAre("wrong silence_under_alb_idle", "wrong silence_under_cloudfront_idle"));
}

TEST(TimeoutLadderTest, ARungTellsItsSidesTheFieldAndTheFix) {
  const std::vector<Rung> ladder = Ladder("timeouts: {keep_alive_timeout: 30s}\n", Front::kAlb);
  const Rung& rung = ladder.front();
  EXPECT_EQ(rung.id, RungId::kKeepAliveOverAlbIdle);
  EXPECT_EQ(rung.state, RungState::kWrong);
  EXPECT_EQ(rung.shorter.name, "environment.alb_idle_timeout");
  EXPECT_EQ(rung.shorter.time, std::chrono::seconds(60));
  EXPECT_EQ(rung.longer.name, "timeouts.keep_alive_timeout");
  EXPECT_EQ(rung.longer.time, std::chrono::seconds(30));
  EXPECT_EQ(rung.field, "timeouts.keep_alive_timeout");
  EXPECT_EQ(rung.problem, "requests are sent on a connection that is just being closed: 502");
  EXPECT_EQ(rung.fix, "set timeouts.keep_alive_timeout to 1m5s or more");
}

TEST(TimeoutLadderTest, EveryFixSaysWhichTimeoutToChangeAndItHelps) {
  // The settings that the fixes of the rungs below name, with the values that they give.
  EXPECT_THAT(Faults("environment: {deregistration_delay: 30s, alb_idle_timeout: 4000s}\n"
                     "timeouts: {keep_alive_timeout: 1h6m45s}\nkeepalive: {ping_interval: 300s}\n"),
              ElementsAre("advice ping_under_client_idle"));
  EXPECT_THAT(Faults("environment: {deregistration_delay: 122s, ecs_stop_timeout: 120s}\ndrain: {timeout: 118s}\n"),
              ElementsAre("advice deregistration_delay_under_stop_timeout"));
  EXPECT_THAT(Faults("environment: {deregistration_delay: 120s, ecs_stop_timeout: 120s}\ndrain: {timeout: 118s}\n"),
              IsEmpty());
}

TEST(TimeoutLadderTest, TheFirstWrongRungIsTheError) {
  EXPECT_TRUE(CheckLadder(Ladder("", Front::kAlb)).ok()) << "advice is no error";
  const absl::Status status =
      CheckLadder(Ladder("keepalive: {ping_interval: 40s}\ndrain: {timeout: 40s}\n", Front::kAlb));
  EXPECT_EQ(status.message(),
            "keepalive.ping_interval: silence_under_alb_idle: silent tunnels are cut without a Close frame: viewers "
            "see 1006; set keepalive.ping_interval to 30s or less");
}

}  // namespace
}  // namespace viaduct::sidecar
