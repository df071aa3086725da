#include "sidecar/worker/tunnel_control.h"

#include <iterator>
#include <memory>
#include <numeric>
#include <string>
#include <utility>

#include "net/ask_workers.h"
#include "sidecar/tunnel/tunnel.h"
#include "sidecar/worker/tunnel_closes.h"
#include "sidecar/worker/worker.h"

namespace viaduct::sidecar {
namespace {

// The number of tunnels that a worker examines before it continues its own work.
constexpr std::size_t kLookedAtOnce = 1000;

// One worker's part of a page.
struct Part {
  std::vector<TunnelView> tunnels;
  std::uint64_t seen = 0;  // the number of the last tunnel that was examined
  bool exhausted = false;  // no tunnel follows it
};

Part PartOf(const Worker& worker, std::uint64_t after, std::size_t limit, const TunnelFilter& filter) {
  Part part{.tunnels = {}, .seen = after};
  const net::Clock::time_point now = worker.loop()->now();
  const auto entries = worker.tunnels().After(after, kLookedAtOnce);
  for (const auto* entry : entries) {
    if (part.tunnels.size() == limit) return part;
    part.seen = entry->number;
    const Tunnel& tunnel = *entry->element;
    if (!filter.Matches(tunnel.record().rendered(), tunnel.record().begin(), tunnel.last_data(), now)) continue;
    part.tunnels.push_back(tunnel.View());
    part.tunnels.back().number = entry->number;
  }
  part.exhausted = entries.size() < kLookedAtOnce;
  return part;
}

absl::StatusOr<int> Sum(const absl::StatusOr<std::vector<std::size_t>>& counts) {
  if (!counts.ok()) return counts.status();
  return static_cast<int>(std::accumulate(counts->begin(), counts->end(), std::size_t{0}));
}

absl::Status NoSuchTunnel() { return absl::NotFoundError("no such tunnel is open here"); }

}  // namespace

absl::StatusOr<TunnelControl::Page> TunnelControl::List(const TunnelFilter& filter, Position after, std::size_t limit,
                                                        net::Clock::time_point deadline) {
  Page page;
  // Asking for one more than the limit shows whether there is a next page.
  while (after.worker < workers_.size() && page.tunnels.size() <= limit) {
    const std::size_t wanted = limit + 1 - page.tunnels.size();
    absl::StatusOr<Part> part =
        net::AskWorker<Part>(pool_, after.worker, deadline,
                             [worker = workers_[after.worker], number = after.number, wanted, filter](std::size_t) {
                               return PartOf(*worker, number, wanted, filter);
                             });
    if (!part.ok()) return part.status();
    for (TunnelView& view : part->tunnels) view.worker = after.worker;
    std::move(part->tunnels.begin(), part->tunnels.end(), std::back_inserter(page.tunnels));
    after = part->exhausted ? Position{after.worker + 1, 0} : Position{after.worker, part->seen};
  }
  if (page.tunnels.size() > limit) {
    page.tunnels.pop_back();
    page.last = {page.tunnels.back().worker, page.tunnels.back().number};
  }
  return page;
}

absl::StatusOr<TunnelView> TunnelControl::Get(const TunnelId& id, net::Clock::time_point deadline) {
  if (!IsOurs(id)) return NoSuchTunnel();
  auto answer = net::AskWorker<std::optional<TunnelView>>(
      pool_, id.worker, deadline,
      [worker = workers_[id.worker], number = id.number](std::size_t) -> std::optional<TunnelView> {
        const Tunnel* tunnel = worker->tunnels().Find(number);
        if (tunnel == nullptr) return std::nullopt;
        return tunnel->View();
      });
  if (!answer.ok()) return answer.status();
  if (!answer->has_value()) return NoSuchTunnel();
  (*answer)->worker = id.worker;
  (*answer)->number = id.number;
  return **std::move(answer);
}

absl::Status TunnelControl::Close(const TunnelId& id, std::uint16_t code, std::string_view reason,
                                  net::Clock::time_point deadline) {
  if (!IsOurs(id)) return NoSuchTunnel();
  const absl::StatusOr<bool> found = net::AskWorker<bool>(
      pool_, id.worker, deadline,
      [worker = workers_[id.worker], number = id.number, code, text = std::string(reason)](std::size_t) {
        Tunnel* tunnel = worker->tunnels().Find(number);
        if (tunnel != nullptr) tunnel->CloseByOperator(code, text);
        return tunnel != nullptr;
      });
  if (!found.ok()) return found.status();
  return *found ? absl::OkStatus() : NoSuchTunnel();
}

absl::StatusOr<std::vector<std::string>> TunnelControl::RecentEnds(std::string_view text, std::size_t most,
                                                                   net::Clock::time_point deadline) {
  return net::CollectFromWorkers<std::string>(pool_, deadline,
                                              [workers = workers_, text = std::string(text), most](std::size_t worker) {
                                                return workers[worker]->recent_ends().Find(text, most);
                                              });
}

absl::StatusOr<int> TunnelControl::Count(const TunnelFilter& filter, net::Clock::time_point deadline) {
  return Sum(net::AskWorkers<std::size_t>(
      pool_, deadline, [workers = workers_, filter](std::size_t i) { return workers[i]->closes().Count(filter); }));
}

absl::StatusOr<int> TunnelControl::CloseMany(const TunnelFilter& filter, std::uint16_t code, std::string_view reason,
                                             std::chrono::nanoseconds spread, net::Clock::time_point deadline) {
  const auto order =
      std::make_shared<const TunnelCloseOrder>(TunnelCloseOrder{.code = code, .reason = std::string(reason)});
  const net::Clock::time_point begin = net::Clock::now();
  const auto over = std::chrono::duration_cast<net::Clock::duration>(spread);
  return Sum(
      net::AskWorkers<std::size_t>(pool_, deadline, [workers = workers_, filter, order, begin, over](std::size_t i) {
        const double turn = static_cast<double>(i) / static_cast<double>(workers.size());
        return workers[i]->closes().Schedule(filter, order, begin, over, turn);
      }));
}

std::int64_t TunnelControl::open() const {
  std::int64_t open = 0;
  for (const Worker* worker : workers_) open += worker->metrics().tunnels_open.value();
  return open;
}

}  // namespace viaduct::sidecar
