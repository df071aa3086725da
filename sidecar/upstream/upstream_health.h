#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "net/mutex.h"
#include "ops/metrics/metrics_page.h"
#include "sidecar/upstream/upstream.h"

namespace viaduct::sidecar {

// What is known of each upstream: up, or down and why. Looks of UpstreamProber say both; a failed connection of a
// request says down at once. Nothing here keeps a request from being tried.
//
// An upstream that was not looked at yet is not up for operators, who ask once, but does not make the load balancer
// wait, which asks again and again. One that is never looked at counts as up.
//
// Thread-safe.
class UpstreamHealth {
 public:
  // Told when an upstream goes down, with the reason, or comes up, with "": in the order of the changes, under a lock.
  using OnChange = std::function<void(std::string_view upstream, std::string_view problem)>;

  explicit UpstreamHealth(OnChange on_change) : on_change_(std::move(on_change)) {}

  // Replaces the list. What is known of an upstream that stays, with the same check, stays.
  void SetUpstreams(const std::vector<Upstream>& upstreams);
  // What a look at it found; "": it is up. Of an upstream that is not on the list nothing is noted.
  void NoteLook(std::string_view upstream, std::string_view problem);
  // A request could not connect. `error` is an errno; those that are our own lack of something say nothing.
  void NoteConnectError(std::string_view upstream, int error);

  // OK, or "upstream 127.0.0.1:8082: connection refused": of each required one that is not up.
  absl::Status Ready() const;
  // Whether a required one is known to be down. One load; for the load balancer's health path.
  bool down() const { return down_.load(std::memory_order_relaxed) > 0; }
  // Of each, 1 for up.
  std::vector<ops::MetricSample> Samples() const;

 private:
  enum class State { kUnknown, kUp, kDown };
  struct Entry {
    Upstream upstream;
    State state = State::kUnknown;
    std::string problem;
  };

  Entry* Find(std::string_view upstream) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Set(Entry* entry, std::string_view problem) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Count() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const OnChange on_change_;
  std::atomic<int> down_{0};
  mutable net::Mutex mutex_;
  std::vector<Entry> entries_ ABSL_GUARDED_BY(mutex_);
};

// What an errno of connecting says about the upstream, e.g. "connection refused"; "" when it says nothing about it.
std::string ConnectProblem(int error);

}  // namespace viaduct::sidecar
