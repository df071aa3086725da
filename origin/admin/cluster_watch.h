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

// What a watch of all tasks has heard of the others: turns what they answered to one TaskWatchPoll into what the
// watcher is told, so that no loss is silent. Holds a few bytes for each task that lives. For one thread.
class ClusterWatch {
 public:
  using Updates = std::vector<admin::v1::WatchEventsResponse>;

  // The updates of one poll after the other.
  Updates Take(const Cluster::Answers& answers);
  // Whether a task had more to say in the last poll than a batch holds.
  bool more() const { return more_; }

 private:
  struct Task {
    bool begun = false;
    bool lost = false;
    std::int64_t told = 0;  // events, with those dropped, since the watch began there
  };

  void TakeOne(const Cluster::Answer& answer, Updates* updates);
  void TakeBatch(const std::string& name, const admin::v1::TaskWatchBatch& batch, Task* task, Updates* updates);

  std::map<std::string, Task> tasks_;
  bool broker_lost_ = false;
  bool more_ = false;
};

// That a task's events come, or come again.
admin::v1::WatchEventsResponse TaskWatchUpdate(const std::string& task, admin::v1::TaskWatch::State state,
                                               const absl::Status& why = absl::OkStatus());

}  // namespace viaduct::origin
