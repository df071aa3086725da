#pragma once

#include <memory>
#include <vector>

#include "net/event_loop.h"
#include "sidecar/upstream/upstream.h"
#include "sidecar/upstream/upstream_health.h"

namespace viaduct::sidecar {

// Looks at each upstream, at once and then every `check.interval`: opens a connection, and asks for `check.path` if
// there is one. A look that has not succeeded within `check.timeout` has failed. At most one look at a time for each.
//
// Belongs to its loop's thread; must die before the loop.
class UpstreamProber {
 public:
  // `health` is told what was found, and must outlive it.
  UpstreamProber(net::EventLoop* loop, UpstreamHealth* health);
  ~UpstreamProber();

  // Replaces the list; looks begin anew.
  void Watch(const std::vector<Upstream>& upstreams);

 private:
  class Probe;

  net::EventLoop* loop_;
  UpstreamHealth* health_;
  std::vector<std::unique_ptr<Probe>> probes_;
};

}  // namespace viaduct::sidecar
