#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "net/mutex.h"
#include "origin/publication.h"

namespace viaduct {

// Puts all messages of this process into one order and brings them to every worker, which delivers to its own clients.
//
// One lock decides the order: a publication is appended, under it, to the inbox of every worker, so all clients see the
// same messages in the same order, and who joins sees exactly those that are ordered after the join. A worker's inbox
// is bounded not here but by its publishers, who are told to pause (`congested`).
//
// Two counts: clients are all that have connected and not gone; recipients are those that messages still go to, so not
// the ones whose closing has begun.
// Thread-safe.
class Hub {
 public:
  // `wake(worker)` is called, without the lock held, when an empty inbox has got something, and when a worker that was
  // told to pause should look again.
  Hub(std::size_t workers, std::size_t max_waiting_bytes, std::function<void(std::size_t worker)> wake);
  Hub(const Hub&) = delete;
  Hub& operator=(const Hub&) = delete;

  // What a worker must deliver now, to the clients it had before the call, and in this order.
  using Ordered = std::vector<SharedPublication>;

  struct Joined {
    int client_count;  // the new client included
    Ordered before;    // ordered before the join: not for the new client
  };
  // A client of `worker` becomes client and recipient.
  Joined Join(std::size_t worker);
  // One that had joined is no recipient any more.
  void EndDelivery();
  // One that is no recipient any more has gone. How many clients are left.
  int Leave();

  struct Published {
    int recipients;  // at this point of the order, on all workers
    Ordered before;  // ordered before the publication; the publication itself follows for the calling worker
  };
  // Orders `publication`, which `worker` delivers itself to its own clients.
  Published Publish(std::size_t worker, SharedPublication publication);
  // The same from outside the workers. The recipients.
  int PublishFromOutside(SharedPublication publication);
  // Empties the inbox of `worker`.
  Ordered Take(std::size_t worker);

  int client_count() const { return client_count_.load(std::memory_order_relaxed); }
  int recipient_count() const { return recipient_count_.load(std::memory_order_relaxed); }
  // Whether some worker has fallen behind by more than `max_waiting_bytes`: who publishes should stop reading until it
  // is woken.
  bool congested() const { return congested_inboxes_.load() > 0; }

 private:
  struct Inbox {
    Ordered waiting;
    std::size_t bytes = 0;
  };
  static constexpr std::size_t kOutside = ~std::size_t{0};

  int Append(std::size_t from, const SharedPublication& publication, std::vector<std::size_t>* to_wake)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Returns whether publishers that pause may go on.
  bool Empty(std::size_t worker, Ordered* taken) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void WakeAllBut(std::size_t worker);

  const std::size_t workers_;
  const std::size_t max_waiting_bytes_;
  const std::function<void(std::size_t)> wake_;
  // Written under the lock, read also without it.
  std::atomic<int> client_count_{0};
  std::atomic<int> recipient_count_{0};
  std::atomic<int> congested_inboxes_{0};

  Mutex mutex_;
  std::vector<Inbox> inboxes_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace viaduct
