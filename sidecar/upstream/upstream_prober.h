#pragma once

#include <memory>
#include <vector>

#include "net/event_loop.h"
#include "sidecar/upstream/upstream.h"
#include "sidecar/upstream/upstream_health.h"

namespace viaduct::sidecar {

// Probes each upstream at once and then every `check.interval`, or four times a second while it is down: opens a
// connection, and requests `check.path` if there is one. A probe that has not succeeded within `check.timeout` has
// failed. There is at most one probe at a time for each upstream.
//
// Belongs to its loop's thread; must die before the loop.
class UpstreamProber {
 public:
  // Reports to `health`, which must outlive it.
  UpstreamProber(net::EventLoop* loop, UpstreamHealth* health);
  ~UpstreamProber();

  // Replaces the list and begins to probe anew.
  void Watch(const std::vector<Upstream>& upstreams);

 private:
  class Probe;

  net::EventLoop* loop_;
  UpstreamHealth* health_;
  std::vector<std::unique_ptr<Probe>> probes_;
};

}  // namespace viaduct::sidecar
