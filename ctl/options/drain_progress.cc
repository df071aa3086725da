#include "ctl/options/drain_progress.h"

#include <algorithm>
#include <cstdint>

#include "ctl/output/progress.h"

namespace viaduct::ctl {

Outcome FollowDrain(const std::function<Outcome(admin::v1::Drain* drain)>& ask, admin::v1::Drain* drain) {
  return FollowProgress("draining", [&](Progress* progress) -> Outcome {
    if (const Outcome asked = ask(drain)) return asked;
    if (drain->state() == admin::v1::Drain::SERVING) return Failure{ExitCode::kRefused, "the drain was cancelled"};
    progress->of = drain->open_at_start();
    progress->done = std::max<std::int64_t>(progress->of - drain->open(), 0);
    if (drain->state() == admin::v1::Drain::DRAINED) progress->done = progress->of;
    return std::nullopt;
  });
}

}  // namespace viaduct::ctl
