#include "origin/hub.h"

#include <utility>

namespace viaduct {

Hub::Hub(std::size_t workers, std::size_t max_waiting_bytes, std::function<void(std::size_t)> wake)
    : workers_(workers), max_waiting_bytes_(max_waiting_bytes), wake_(std::move(wake)), inboxes_(workers) {}

Hub::Joined Hub::Join(std::size_t worker) {
  Joined joined;
  bool relieved;
  {
    MutexLock lock(&mutex_);
    joined.client_count = ++client_count_;
    ++recipient_count_;
    relieved = Empty(worker, &joined.before);
  }
  if (relieved) WakeAllBut(worker);
  return joined;
}

void Hub::EndDelivery() {
  MutexLock lock(&mutex_);
  --recipient_count_;
}

int Hub::Leave() {
  MutexLock lock(&mutex_);
  return --client_count_;
}

Hub::Published Hub::Publish(std::size_t worker, SharedPublication publication) {
  Published published;
  std::vector<std::size_t> to_wake;
  bool relieved;
  {
    MutexLock lock(&mutex_);
    relieved = Empty(worker, &published.before);
    published.recipients = Append(worker, publication, &to_wake);
  }
  for (const std::size_t other : to_wake) wake_(other);
  if (relieved) WakeAllBut(worker);
  return published;
}

int Hub::PublishFromOutside(SharedPublication publication) {
  std::vector<std::size_t> to_wake;
  int recipients;
  {
    MutexLock lock(&mutex_);
    recipients = Append(kOutside, publication, &to_wake);
  }
  for (const std::size_t worker : to_wake) wake_(worker);
  return recipients;
}

Hub::Ordered Hub::Take(std::size_t worker) {
  Ordered taken;
  bool relieved;
  {
    MutexLock lock(&mutex_);
    relieved = Empty(worker, &taken);
  }
  if (relieved) WakeAllBut(worker);
  return taken;
}

int Hub::Append(std::size_t from, const SharedPublication& publication, std::vector<std::size_t>* to_wake) {
  for (std::size_t worker = 0; worker < inboxes_.size(); ++worker) {
    if (worker == from) continue;
    Inbox& inbox = inboxes_[worker];
    if (inbox.waiting.empty()) to_wake->push_back(worker);
    const bool was_congested = inbox.bytes > max_waiting_bytes_;
    inbox.waiting.push_back(publication);
    inbox.bytes += publication->frames.size() + sizeof(Publication);
    if (!was_congested && inbox.bytes > max_waiting_bytes_) ++congested_inboxes_;
  }
  return recipient_count_;
}

bool Hub::Empty(std::size_t worker, Ordered* taken) {
  Inbox& inbox = inboxes_[worker];
  const bool was_congested = inbox.bytes > max_waiting_bytes_;
  *taken = std::exchange(inbox.waiting, {});
  inbox.bytes = 0;
  return was_congested && --congested_inboxes_ == 0;
}

void Hub::WakeAllBut(std::size_t worker) {
  for (std::size_t other = 0; other < workers_; ++other) {
    if (other != worker) wake_(other);
  }
}

}  // namespace viaduct
