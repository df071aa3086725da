#include "sidecar/upstream/upstream_pool.h"

#include <algorithm>
#include <utility>

namespace viaduct::sidecar {

std::unique_ptr<net::StreamSocket> UpstreamPool::Take(net::StreamSocket::Owner* owner) {
  if (idle_.empty()) return nullptr;
  std::unique_ptr<net::StreamSocket> connection = std::move(idle_.back().connection);
  idle_.pop_back();
  connection->set_owner(owner);
  return connection;
}

void UpstreamPool::Give(std::unique_ptr<net::StreamSocket> connection) {
  if (max_idle_ == 0 || connection->readable() || connection->peer_closed()) return;
  if (idle_.size() == max_idle_) idle_.pop_front();
  connection->set_owner(this);
  idle_.push_back({std::move(connection), loop_->now() + idle_timeout_});
  if (!expiry_.active()) expiry_.Set(idle_.front().expires);
}

void UpstreamPool::OnSocketReady(net::StreamSocket* socket) {
  if (!socket->readable() && !socket->peer_closed()) return;
  const auto found =
      std::find_if(idle_.begin(), idle_.end(), [socket](const Idle& idle) { return idle.connection.get() == socket; });
  if (found == idle_.end()) return;
  loop_->Retire(std::move(found->connection));  // it is calling us
  idle_.erase(found);
}

void UpstreamPool::OnTimer(net::Timer*) {
  while (!idle_.empty() && idle_.front().expires <= loop_->now()) idle_.pop_front();
  if (!idle_.empty()) expiry_.Set(idle_.front().expires);
}

}  // namespace viaduct::sidecar
