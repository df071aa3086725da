#pragma once

#include <map>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "net/mutex.h"
#include "origin/message/person.h"
#include "origin/message/uuid.h"

namespace viaduct::origin {

// Who in a room has a name: clients of this task, and those of other tasks as far as known.
//
// Thread-safe.
class Roster {
 public:
  Roster();
  Roster(const Roster&) = delete;
  Roster& operator=(const Roster&) = delete;

  void Add(const Uuid& id, std::string name);
  // Does nothing if it was not added.
  void Remove(const Uuid& id);
  // Sets who is there on other tasks.
  void SetRemote(People people);
  // Returns those of this task, at most kMaxPeopleTold + 1, which say that there are too many to tell.
  People Local() const;
  // Returns all as JSON, "" if there is nobody, and "null" if there are more than kMaxPeopleTold. Never null; the same
  // pointer until somebody comes or goes.
  std::shared_ptr<const std::string> Json() const;

 private:
  void Encode() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  People LocalLocked() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  mutable net::Mutex mutex_;
  std::map<Uuid, std::string> local_ ABSL_GUARDED_BY(mutex_);
  People remote_ ABSL_GUARDED_BY(mutex_);
  std::shared_ptr<const std::string> json_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace viaduct::origin
