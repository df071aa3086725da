#include "origin/admin/cluster_watch.h"

#include <algorithm>

#include "ops/admin/admin_call.h"
#include "origin/admin/watch_leases.h"

namespace viaduct::origin {

admin::v1::WatchEventsResponse TaskWatchUpdate(const std::string& task, admin::v1::TaskWatch::State state,
                                               const absl::Status& why) {
  admin::v1::WatchEventsResponse update;
  admin::v1::TaskWatch* const watch = update.mutable_task_watch();
  watch->set_task(task);
  watch->set_state(state);
  watch->set_code(static_cast<int>(why.code()));
  watch->set_message(ops::ToUtf8(std::string(why.message())));
  return update;
}

ClusterWatch::Updates ClusterWatch::Take(const Cluster::Answers& answers) {
  Updates updates;
  more_ = false;
  if (!answers.ok()) {
    if (!broker_lost_) updates.push_back(TaskWatchUpdate("", admin::v1::TaskWatch::LOST, answers.status()));
    broker_lost_ = true;
    return updates;
  }
  if (broker_lost_) updates.push_back(TaskWatchUpdate("", admin::v1::TaskWatch::RESUMED));
  broker_lost_ = false;
  for (const Cluster::Answer& answer : *answers) TakeOne(answer, &updates);
  // A task that was not asked has left, or its presence has expired.
  std::erase_if(tasks_, [&](const auto& task) {
    const auto is_it = [&task](const Cluster::Answer& answer) { return answer.task == task.first; };
    if (std::any_of(answers->begin(), answers->end(), is_it)) return false;
    if (!task.second.lost) {
      const absl::Status why = absl::NotFoundError("it has left the chat; its last events may be missing");
      updates.push_back(TaskWatchUpdate(task.first, admin::v1::TaskWatch::LOST, why));
    }
    return true;
  });
  return updates;
}

void ClusterWatch::TakeOne(const Cluster::Answer& answer, Updates* updates) {
  Task& task = tasks_[answer.task];
  admin::v1::TaskWatchBatch batch;
  absl::Status status = answer.bytes.status();
  if (status.ok() && !batch.ParseFromString(*answer.bytes)) status = absl::DataLossError("malformed response");
  if (status.ok()) return TakeBatch(answer.task, batch, &task, updates);
  if (!task.lost) updates->push_back(TaskWatchUpdate(answer.task, admin::v1::TaskWatch::LOST, status));
  task.lost = true;
}

void ClusterWatch::TakeBatch(const std::string& name, const admin::v1::TaskWatchBatch& batch, Task* task,
                             Updates* updates) {
  if (batch.started() || !task->begun) {
    if (task->begun && !task->lost) {
      const absl::Status why = absl::AbortedError("it was not polled for too long and has dropped the watch");
      updates->push_back(TaskWatchUpdate(name, admin::v1::TaskWatch::LOST, why));
    }
    updates->push_back(TaskWatchUpdate(name, admin::v1::TaskWatch::BEGUN));
    *task = {.begun = true, .lost = false, .told = batch.events_before()};
  } else if (task->lost) {
    updates->push_back(TaskWatchUpdate(name, admin::v1::TaskWatch::RESUMED));
    task->lost = false;
  }
  // A batch was lost: its task counted it as delivered.
  if (batch.events_before() > task->told) {
    admin::v1::WatchEventsResponse& update = updates->emplace_back();
    update.set_dropped(batch.events_before() - task->told);
    update.set_task(name);
  }
  task->told = batch.events_before();
  for (const admin::v1::WatchEventsResponse& from : batch.updates()) {
    admin::v1::WatchEventsResponse& update = updates->emplace_back(from);
    task->told += update.has_event() ? 1 : update.dropped();
    if (update.has_event()) {
      update.mutable_event()->set_task(name);
    } else {
      update.set_task(name);
    }
  }
  more_ = more_ || batch.updates_size() >= WatchLeases::kMaxBatch;
}

}  // namespace viaduct::origin
