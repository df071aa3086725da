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

// Records whether each upstream is up, or why it is down. UpstreamProber reports both; a failed connection of a request
// reports down at once. Nothing here keeps a request from being tried.
//
// An upstream that has not been probed yet is not up for operators, who ask once, but does not fail the load balancer's
// health check, which asks again and again. An upstream that is never probed counts as up.
//
// Thread-safe.
class UpstreamHealth {
 public:
  // Called when an upstream goes down, with the reason, or comes up, with ""; in the order of the changes, under a
  // lock.
  using OnChange = std::function<void(std::string_view upstream, std::string_view problem)>;

  explicit UpstreamHealth(OnChange on_change) : on_change_(std::move(on_change)) {}

  // Replaces the list. Keeps the state of an upstream that stays with the same check.
  void SetUpstreams(const std::vector<Upstream>& upstreams);
  // Notes the result of a probe; "" means up. Ignores an upstream that is not on the list.
  void NoteLook(std::string_view upstream, std::string_view problem);
  // Notes that a request could not connect. Ignores an errno `error` that means a shortage of our own.
  void NoteConnectError(std::string_view upstream, int error);

  // Returns OK, or "upstream 127.0.0.1:8082: connection refused" for each required upstream that is not up.
  absl::Status Ready() const;
  // Returns true if a required upstream is known to be down. Costs one load; for the load balancer's health path.
  bool down() const { return down_.load(std::memory_order_relaxed) > 0; }
  // Returns a sample for each upstream, 1 for up.
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

// Returns what an errno of connecting says about the upstream, e.g. "connection refused"; "" if it says nothing about
// it.
std::string ConnectProblem(int error);

}  // namespace viaduct::sidecar
