#pragma once

#include <memory>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "net/mutex.h"
#include "sidecar/config/config.h"

namespace viaduct::sidecar {

// The settings now in force, for callers on threads other than the workers'.
//
// Thread-safe.
class ConfigInForce {
 public:
  explicit ConfigInForce(std::shared_ptr<const SidecarConfig> config) : config_(std::move(config)) {}

  std::shared_ptr<const SidecarConfig> Get() const {
    const net::MutexLock lock(&mutex_);
    return config_;
  }
  void Set(std::shared_ptr<const SidecarConfig> config) {
    const net::MutexLock lock(&mutex_);
    // The old settings are destroyed after the lock is released.
    config_.swap(config);
  }

 private:
  mutable net::Mutex mutex_;
  std::shared_ptr<const SidecarConfig> config_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace viaduct::sidecar
