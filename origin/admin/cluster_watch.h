#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "api/admin/v1/chat_admin.pb.h"
#include "api/admin/v1/task_watch.pb.h"
#include "origin/broker/cluster.h"

namespace viaduct::origin {

// A watch of all tasks: turns the answers of the other tasks to one TaskWatchPoll into updates for the watcher, so that
// no
// loss is silent. Holds a few bytes for each live task. Not thread-safe.
class ClusterWatch {
 public:
  using Updates = std::vector<admin::v1::WatchEventsResponse>;

  // Returns the updates from the answers to one poll; must be called once for each poll, in order.
  Updates Take(const Cluster::Answers& answers);
  // True if a task had more events in the last poll than a batch holds.
  bool more() const { return more_; }

 private:
  struct Task {
    bool begun = false;
    bool lost = false;
    std::int64_t told = 0;  // events since the watch began there, including dropped ones
  };

  void TakeOne(const Cluster::Answer& answer, Updates* updates);
  void TakeBatch(const std::string& name, const admin::v1::TaskWatchBatch& batch, Task* task, Updates* updates);

  std::map<std::string, Task> tasks_;
  bool broker_lost_ = false;
  bool more_ = false;
};

// The update that says whether a task's events can be received.
admin::v1::WatchEventsResponse TaskWatchUpdate(const std::string& task, admin::v1::TaskWatch::State state,
                                               const absl::Status& why = absl::OkStatus());

}  // namespace viaduct::origin
