#include "origin/chat/chat.h"

#include <unistd.h>

#include <utility>

#include "net/listener.h"

namespace viaduct::origin {
namespace {

// Bytes that may wait for a worker that has fallen behind, before the other workers stop reading.
constexpr std::size_t kMaxWaitingBytes = std::size_t{2} << 20;

// The same for messages from a broker, before they are dropped and the clients closed.
constexpr std::size_t kMaxWaitingFromBrokerBytes = std::size_t{64} << 20;

constexpr std::size_t kMaxWatchers = 64;
constexpr std::size_t kMaxQueuedEvents = 1024;

}  // namespace

absl::StatusOr<std::unique_ptr<Chat>> Chat::Start(const OriginConfig& config, ops::LogSink* log,
                                                  const BrokerLink::MakeBroker& make_broker) {
  absl::StatusOr<std::unique_ptr<net::WorkerPool>> pool = net::WorkerPool::Create(config.workers);
  if (!pool.ok()) return pool.status();
  std::unique_ptr<Chat> chat(new Chat(config, *std::move(pool), log, make_broker != nullptr));
  if (make_broker) {
    const absl::Status started = chat->broker_.Start(make_broker);
    if (!started.ok()) return started;
    chat->shared_.broker = &chat->broker_;
  }
  const absl::Status listening = chat->Listen();
  if (!listening.ok()) return listening;
  chat->pool_->Start();
  return chat;
}

Chat::Chat(const OriginConfig& config, std::unique_ptr<net::WorkerPool> pool, ops::LogSink* log, bool has_broker)
    : config_(config),
      pool_(std::move(pool)),
      feed_(kMaxWatchers, kMaxQueuedEvents),
      hub_({.workers = pool_->size(),
            .max_waiting_bytes = kMaxWaitingBytes,
            .max_waiting_from_broker_bytes = kMaxWaitingFromBrokerBytes,
            .max_rooms = config.max_rooms,
            .max_room_clients = config.max_room_clients,
            .max_rooms_per_viewer = config.max_rooms_per_viewer,
            .viewers = &viewers_,
            // A broker keeps its own history.
            .history = has_broker ? History::Limits() : config.history,
            .max_all_history_bytes = config.max_all_history_bytes},
           [this](std::size_t worker) { pool_->Post(worker, [this, worker] { workers_[worker]->OnWake(); }); }),
      broker_(&hub_),
      shared_{.config = &config_, .hub = &hub_, .feed = &feed_, .viewers = &viewers_, .log = log} {
  std::vector<ChatWorker*> workers;
  for (std::size_t i = 0; i < pool_->size(); ++i) {
    workers_.push_back(std::make_unique<ChatWorker>(i, pool_->loop(i), &shared_));
    workers.push_back(workers_.back().get());
  }
  control_ = std::make_unique<ChatControl>(pool_.get(), workers, &shared_);
  drain_ = std::make_unique<DrainControl>(pool_.get(), std::move(workers), &shared_);
}

Chat::~Chat() {
  feed_.End();
  RemoveSocketFile();
  pool_->Stop();
}

void Chat::RemoveSocketFile() {
  // Done before the listener closes, and only once: afterwards another process may listen under this name.
  if (bound_ && address_.is_unix()) ::unlink(address_.path().c_str());
  bound_ = false;
}

absl::Status Chat::Listen() {
  if (config_.listen.is_unix()) {
    absl::StatusOr<net::UniqueFd> socket = net::BindListener(config_.listen);
    if (!socket.ok()) return socket.status();
    address_ = config_.listen;
    bound_ = true;
    workers_[0]->Listen(*std::move(socket), [this](net::UniqueFd connection, const net::SocketAddress& peer) {
      const std::size_t worker = next_worker_++ % workers_.size();
      if (worker == 0) return workers_[0]->Adopt(std::move(connection), peer);
      pool_->Post(worker, [this, worker, peer, connection = std::move(connection)]() mutable {
        workers_[worker]->Adopt(std::move(connection), peer);
      });
    });
    return absl::OkStatus();
  }
  absl::StatusOr<std::vector<net::UniqueFd>> sockets = net::BindListeners(config_.listen, config_.workers);
  if (!sockets.ok()) return sockets.status();
  address_ = net::SocketAddress::OfSocket(sockets->front().get());
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    ChatWorker* const worker = workers_[i].get();
    worker->Listen(std::move((*sockets)[i]), [worker](net::UniqueFd connection, const net::SocketAddress& peer) {
      worker->Adopt(std::move(connection), peer);
    });
  }
  return absl::OkStatus();
}

void Chat::Drain() {
  if (shared_.draining.exchange(true)) return;
  drain_->Stop();
  RemoveSocketFile();
  pool_->RunOnAll([this](std::size_t i) { workers_[i]->StopAccepting(); });
  pool_->RunOnAll([this](std::size_t i) { workers_[i]->CloseAll(); });
}

}  // namespace viaduct::origin
