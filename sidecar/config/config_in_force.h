#pragma once

#include <memory>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "net/mutex.h"
#include "sidecar/config/config.h"

namespace viaduct::sidecar {

// The settings that the sidecar goes by now, for those who ask from other threads than the workers'.
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
    // The old ones end behind the lock.
    config_.swap(config);
  }

 private:
  mutable net::Mutex mutex_;
  std::shared_ptr<const SidecarConfig> config_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace viaduct::sidecar
