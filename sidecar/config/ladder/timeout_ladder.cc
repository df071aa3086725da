#include "sidecar/config/ladder/timeout_ladder.h"

#include <algorithm>
#include <chrono>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "text/duration_text.h"

namespace viaduct::sidecar {
namespace {

using std::chrono::nanoseconds;
using std::chrono::seconds;
using Time = std::optional<nanoseconds>;

// CloudFront ends a WebSocket on which the upstream sends no byte for this long; not adjustable (its quotas page).
constexpr seconds kCloudfrontIdle{600};
// The longest stopTimeout on Fargate.
constexpr seconds kFargateStopLimit{120};
// AWS's advice for a target's keep-alive, beyond the balancer's idle timeout.
constexpr seconds kKeepAliveMargin{5};
// Jetty's client closes a WebSocket after this silence, the soonest of the libraries in docs/clients.md. A ping may
// come a tenth later than its interval.
constexpr seconds kClientIdle{30};
constexpr seconds kPingForClients{27};
// The time for the last log lines and the last call to ECS.
constexpr seconds kStopMargin{2};

std::string Text(nanoseconds time) { return text::DurationText(time); }

// The order that a rung requires of its two sides.
enum class Order {
  kLess,           // or it is wrong
  kAtMost,         // or it is wrong
  kAdvisedAtMost,  // or there is advice
};

RungState Judge(Time shorter, nanoseconds longer, Order order, nanoseconds margin) {
  const bool less = shorter.has_value() && *shorter < longer;
  const bool equal = shorter.has_value() && *shorter == longer;
  if (order == Order::kAdvisedAtMost) return less || equal ? RungState::kHolds : RungState::kAdvice;
  if (!less && !(equal && order == Order::kAtMost)) return RungState::kWrong;
  return *shorter + margin <= longer ? RungState::kHolds : RungState::kAdvice;
}

// Returns true if `a` is worse than `b`, the same rung of another route.
bool IsWorse(const Rung& a, const Rung& b) {
  if (a.state != b.state) return a.state > b.state;
  return b.shorter.time.has_value() && (!a.shorter.time.has_value() || *a.shorter.time > *b.shorter.time);
}

// Settings that may differ from route to route, and the paths of the messages that contain them.
struct Place {
  const sidecar::v1::Upstream* upstream = nullptr;
  std::string upstream_path;
  std::string timeouts_path;
  nanoseconds response{};
  nanoseconds upgrade{};
  nanoseconds idle{};  // These four: zero means never.
  nanoseconds viewer_idle{};
  nanoseconds upstream_idle{};
  nanoseconds max_duration{};
  bool http = true;
  bool websocket = true;
};

// `Timeouts` is the message of one route, or the top-level one.
template <typename Timeouts>
void SetTimeouts(std::string path, const Timeouts& timeouts, Place* place) {
  place->timeouts_path = std::move(path);
  place->response = text::ToChrono(timeouts.response_timeout());
  place->upgrade = text::ToChrono(timeouts.upgrade_timeout());
  place->idle = text::ToChrono(timeouts.idle_timeout());
  place->viewer_idle = text::ToChrono(timeouts.viewer_idle_timeout());
  place->upstream_idle = text::ToChrono(timeouts.upstream_idle_timeout());
  place->max_duration = text::ToChrono(timeouts.max_duration());
}

// Returns the places that requests can go to: the top-level upstream, if any, and each route.
std::vector<Place> Places(const sidecar::v1::SidecarConfig& config) {
  std::vector<Place> places;
  if (config.has_upstream()) {
    Place place;
    place.upstream = &config.upstream();
    place.upstream_path = "upstream";
    SetTimeouts("timeouts", config.timeouts(), &place);
    places.push_back(std::move(place));
  }
  for (int i = 0; i < config.routes_size(); ++i) {
    const sidecar::v1::Route& route = config.routes(i);
    const std::string path = absl::StrCat("routes[", i, "]");
    Place place;
    place.upstream = route.has_upstream() ? &route.upstream() : &config.upstream();
    place.upstream_path = route.has_upstream() ? path + ".upstream" : "upstream";
    place.http = route.http() != sidecar::v1::REFUSE;
    place.websocket = route.websocket() != sidecar::v1::REFUSE;
    SetTimeouts(path + ".timeouts", route.timeouts(), &place);
    places.push_back(std::move(place));
  }
  return places;
}

class LadderBuilder {
 public:
  explicit LadderBuilder(const sidecar::v1::SidecarConfig& config) : config_(config) {}

  std::vector<Rung> Build(Front front) {
    AddKeepAlives(front);
    for (const Place& place : Places(config_)) {
      AddUpstreamIdle(place);
      AddAnswers(place, front);
      if (!place.websocket) continue;
      AddSilences(place, front);
      if (front == Front::kAlb) AddMaxDuration(place);
      AddCompletion(place);
    }
    AddDrain(front);
    std::sort(rungs_.begin(), rungs_.end(), [](const Rung& a, const Rung& b) { return a.id < b.id; });
    return std::move(rungs_);
  }

 private:
  using Side = Rung::Side;

  void Add(RungId id, Side shorter, Side longer, Order order, Rung words, nanoseconds margin = {}) {
    words.id = id;
    words.state = Judge(shorter.time, *longer.time, order, margin);
    words.shorter = std::move(shorter);
    words.longer = std::move(longer);
    for (Rung& rung : rungs_) {
      if (rung.id != id) continue;
      if (IsWorse(words, rung)) rung = std::move(words);
      return;
    }
    rungs_.push_back(std::move(words));
  }

  static Rung Words(std::string field, std::string_view problem, std::string fix) {
    Rung words;
    words.field = std::move(field);
    words.problem = problem;
    words.fix = std::move(fix);
    return words;
  }

  Side AlbIdle() const {
    return {"environment.alb_idle_timeout", text::ToChrono(config_.environment().alb_idle_timeout())};
  }
  Side NlbIdle() const {
    return {"environment.nlb_idle_timeout", text::ToChrono(config_.environment().nlb_idle_timeout())};
  }
  static Side CloudfrontIdle() { return {"CloudFront's WebSocket idle timeout", kCloudfrontIdle}; }
  Side KeepAlive() const {
    return {"timeouts.keep_alive_timeout", text::ToChrono(config_.timeouts().keep_alive_timeout())};
  }
  Side StopTimeout() const {
    return {"environment.ecs_stop_timeout", text::ToChrono(config_.environment().ecs_stop_timeout())};
  }
  Side DeregistrationDelay() const {
    return {"environment.deregistration_delay", text::ToChrono(config_.environment().deregistration_delay())};
  }
  Side DrainTimeout() const { return {"drain.timeout", text::ToChrono(config_.drain().timeout())}; }
  Side CloudfrontResponse() const {
    return {"environment.cloudfront_response_timeout",
            text::ToChrono(config_.environment().cloudfront_response_timeout())};
  }

  void AddKeepAlives(Front front) {
    const Side cloudfront = {"environment.cloudfront_keep_alive_timeout",
                             text::ToChrono(config_.environment().cloudfront_keep_alive_timeout())};
    if (front == Front::kAlb) {
      AddKeepAliveOver(RungId::kKeepAliveOverAlbIdle, AlbIdle());
      AddBalancerIdleOver(RungId::kAlbIdleOverCloudfrontKeepAlive, cloudfront, AlbIdle(),
                          "environment.alb_idle_timeout");
      return;
    }
    AddKeepAliveOver(RungId::kKeepAliveOverCloudfrontKeepAlive, cloudfront);
    if (front == Front::kNlb) {
      AddBalancerIdleOver(RungId::kNlbIdleOverCloudfrontKeepAlive, cloudfront, NlbIdle(),
                          "environment.nlb_idle_timeout");
    }
  }

  void AddKeepAliveOver(RungId id, const Side& client) {
    Add(id, client, KeepAlive(), Order::kLess,
        Words("timeouts.keep_alive_timeout", "requests are sent on a connection that is just being closed: 502",
              absl::StrCat("set timeouts.keep_alive_timeout to ", Text(*client.time + kKeepAliveMargin), " or more")),
        kKeepAliveMargin);
  }

  void AddBalancerIdleOver(RungId id, const Side& cloudfront, const Side& balancer, std::string field) {
    Add(id, cloudfront, balancer, Order::kLess,
        Words(std::move(field), "CloudFront sends requests on a connection that the balancer is closing: 502 or 504",
              absl::StrCat("raise the balancer's idle timeout over ", Text(*cloudfront.time),
                           ", or lower the VPC origin's keep-alive timeout in CloudFront")));
  }

  void AddUpstreamIdle(const Place& place) {
    if (place.upstream->max_idle_connections() == 0) return;
    const Side application = {"environment.application_keep_alive_timeout",
                              text::ToChrono(config_.environment().application_keep_alive_timeout())};
    const std::string field = place.upstream_path + ".idle_timeout";
    Add(RungId::kUpstreamIdleUnderApplicationKeepAlive, {field, text::ToChrono(place.upstream->idle_timeout())},
        application, Order::kLess,
        Words(field, "requests are sent on a connection that the application is closing: 502",
              absl::StrCat("set ", field, " to less than ", Text(*application.time),
                           ", or raise the application's keep-alive")));
  }

  // Returns how long a tunnel can be silent: for two ping intervals, or until the first of the given timeouts ends it.
  Side Silence(const Place& place, std::initializer_list<std::pair<const char*, nanoseconds>> idle_timeouts) const {
    const nanoseconds ping = text::ToChrono(config_.keepalive().ping_interval());
    if (ping != nanoseconds::zero()) return {"2 x keepalive.ping_interval", 2 * ping};
    Side shortest = {"keepalive.ping_interval"};
    for (const auto& [name, time] : idle_timeouts) {
      if (time == nanoseconds::zero() || (shortest.time.has_value() && time >= *shortest.time)) continue;
      shortest = {absl::StrCat(place.timeouts_path, ".", name), time};
    }
    return shortest;
  }

  void AddSilences(const Place& place, Front front) {
    // Data from one side restarts idle_timeout and the balancers' timeouts; CloudFront counts the upstream's only.
    const Side both_ways = Silence(place, {{"idle_timeout", place.idle},
                                           {"viewer_idle_timeout", place.viewer_idle},
                                           {"upstream_idle_timeout", place.upstream_idle}});
    const Side of_upstream = Silence(place, {{"upstream_idle_timeout", place.upstream_idle}});
    if (front == Front::kAlb) AddSilence(RungId::kSilenceUnderAlbIdle, both_ways, AlbIdle());
    if (front == Front::kNlb) AddSilence(RungId::kSilenceUnderNlbIdle, both_ways, NlbIdle());
    AddSilence(RungId::kSilenceUnderCloudfrontIdle, of_upstream, CloudfrontIdle());
    AddPingForClients();
  }

  void AddPingForClients() {
    const nanoseconds ping = text::ToChrono(config_.keepalive().ping_interval());
    if (ping == nanoseconds::zero()) return;
    Add(RungId::kPingUnderClientIdle, {"keepalive.ping_interval + 10%", ping + ping / 10},
        {"the shortest idle timeout of a client library", kClientIdle}, Order::kAdvisedAtMost,
        Words("keepalive.ping_interval", "viewers whose library closes idle connections after 30s, as Jetty's, leave",
              absl::StrCat("set keepalive.ping_interval to ", Text(kPingForClients), " or less")));
  }

  void AddSilence(RungId id, const Side& silence, const Side& idle) {
    const bool pings = text::ToChrono(config_.keepalive().ping_interval()) != nanoseconds::zero();
    Add(id, silence, idle, pings ? Order::kAtMost : Order::kLess,
        Words("keepalive.ping_interval", "silent tunnels are cut without a Close frame: viewers see 1006",
              absl::StrCat("set keepalive.ping_interval to ", Text(*idle.time / 2), " or less")));
  }

  void AddMaxDuration(const Place& place) {
    if (place.max_duration == nanoseconds::zero()) return;
    const nanoseconds keep_alive = text::ToChrono(config_.environment().alb_client_keep_alive());
    const std::string field = place.timeouts_path + ".max_duration";
    Add(RungId::kMaxDurationUnderAlbClientKeepAlive, {field, place.max_duration},
        {"environment.alb_client_keep_alive", keep_alive}, Order::kAdvisedAtMost,
        Words(field, "the ALB may end a tunnel first, without a Close frame",
              absl::StrCat("set ", field, " to ", Text(keep_alive),
                           " or less, or raise the ALB's client_keep_alive.seconds")));
  }

  // CloudFront's time begins with the handshake, the sidecar's with the 101.
  void AddCompletion(const Place& place) {
    if (!config_.environment().has_cloudfront_response_completion_timeout()) return;
    const Side completion = {"environment.cloudfront_response_completion_timeout",
                             text::ToChrono(config_.environment().cloudfront_response_completion_timeout())};
    const std::string field = place.timeouts_path + ".max_duration";
    Side longest = {field};
    if (place.max_duration != nanoseconds::zero()) {
      longest = {absl::StrCat(place.timeouts_path, ".upgrade_timeout + ", field), place.upgrade + place.max_duration};
    }
    Add(RungId::kMaxDurationUnderCloudfrontCompletion, longest, completion, Order::kLess,
        Words(field, "CloudFront cuts tunnels without a Close frame: viewers see 1006",
              absl::StrCat(
                  "remove the response completion timeout from the origin in CloudFront, and from here, or keep ",
                  field, " plus ", place.timeouts_path, ".upgrade_timeout under ", Text(*completion.time))));
  }

  void AddAnswers(const Place& place, Front front) {
    const nanoseconds connect = text::ToChrono(place.upstream->connect_timeout());
    const std::string connecting = place.upstream_path + ".connect_timeout + ";
    const std::string response_field = place.timeouts_path + ".response_timeout";
    const std::string upgrade_field = place.timeouts_path + ".upgrade_timeout";
    const Side response = {connecting + response_field, connect + place.response};
    const Side upgrade = {connecting + upgrade_field, connect + place.upgrade};
    constexpr std::string_view kOfCloudfront = "CloudFront gives up first: it answers 504, and asks again for a GET";
    constexpr std::string_view kOfAlb = "the ALB gives up first and answers 504";
    if (place.http) {
      AddAnswer(RungId::kResponseUnderCloudfrontResponse, response_field, response, CloudfrontResponse(),
                kOfCloudfront);
      if (front == Front::kAlb) AddAnswer(RungId::kResponseUnderAlbIdle, response_field, response, AlbIdle(), kOfAlb);
    }
    if (place.websocket) {
      AddAnswer(RungId::kUpgradeUnderCloudfrontResponse, upgrade_field, upgrade, CloudfrontResponse(), kOfCloudfront);
      if (front == Front::kAlb) AddAnswer(RungId::kUpgradeUnderAlbIdle, upgrade_field, upgrade, AlbIdle(), kOfAlb);
    }
  }

  void AddAnswer(RungId id, const std::string& field, const Side& ours, const Side& theirs, std::string_view problem) {
    Add(id, ours, theirs, Order::kLess,
        Words(field, problem,
              absl::StrCat("keep ", ours.name, " under ", Text(*theirs.time), ", or raise ", theirs.name,
                           " there and here")));
  }

  void AddDrain(Front front) {
    const Side drain = DrainTimeout();
    const Side stop = StopTimeout();
    const Side deregistration = DeregistrationDelay();
    Add(RungId::kDrainUnderStopTimeout, drain, stop, Order::kLess,
        Words("drain.timeout", "ECS kills the sidecar while it drains: viewers see 1006",
              absl::StrCat("set stopTimeout, and environment.ecs_stop_timeout, to ", Text(*drain.time + kStopMargin),
                           " or more (at most ", Text(kFargateStopLimit), " on Fargate), or lower drain.timeout")),
        kStopMargin);
    Add(RungId::kStopTimeoutUnderFargateLimit, stop, {"Fargate's longest stopTimeout", kFargateStopLimit},
        Order::kAdvisedAtMost,
        Words("environment.ecs_stop_timeout", "Fargate refuses such a task definition",
              absl::StrCat("set stopTimeout to ", Text(kFargateStopLimit), " or less, unless the task runs on EC2")));
    if (front == Front::kNothing) return;
    if (front == Front::kAlb) {
      Add(RungId::kDrainUnderDeregistrationDelay, drain, deregistration, Order::kAtMost,
          Words("drain.timeout", "the ALB cuts tunnels that have not had their Close frame yet: viewers see 1006",
                absl::StrCat("set the target group's deregistration_delay.timeout_seconds, and "
                             "environment.deregistration_delay, to ",
                             Text(*drain.time), " or more, or lower drain.timeout")));
    }
    Add(RungId::kDeregistrationDelayUnderStopTimeout, deregistration, stop, Order::kAdvisedAtMost,
        Words("environment.deregistration_delay",
              "open WebSockets keep a target deregistering for all of it, so every task of a deployment takes so long",
              absl::StrCat("set the target group's deregistration_delay.timeout_seconds, and "
                           "environment.deregistration_delay, to ",
                           Text(*stop.time), " or less")));
  }

  const sidecar::v1::SidecarConfig& config_;
  std::vector<Rung> rungs_;
};

}  // namespace

std::vector<Rung> TimeoutLadder(const sidecar::v1::SidecarConfig& config, Front front) {
  return LadderBuilder(config).Build(front);
}

absl::Status CheckLadder(const std::vector<Rung>& ladder) {
  for (const Rung& rung : ladder) {
    if (rung.state != RungState::kWrong) continue;
    return absl::InvalidArgumentError(absl::StrCat(rung.field, ": ", std::string(kRungIds.Name(rung.id)), ": ",
                                                   std::string(rung.problem), "; ", rung.fix));
  }
  return absl::OkStatus();
}

}  // namespace viaduct::sidecar
