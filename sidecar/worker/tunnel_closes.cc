#include "sidecar/worker/tunnel_closes.h"

#include <algorithm>
#include <vector>

namespace viaduct::sidecar {
namespace {

bool IsMeant(const Tunnel& tunnel, const TunnelFilter& filter, net::Clock::time_point now) {
  return !tunnel.closing() &&
         filter.Matches(tunnel.record().rendered(), tunnel.record().begin(), tunnel.last_data(), now);
}

}  // namespace

TunnelCloses::TunnelCloses(net::EventLoop* loop, const NumberedList<Tunnel>* tunnels, ops::Gauge* pending)
    : loop_(loop), tunnels_(tunnels), pending_(pending), due_(loop, [this](const Item& item) { CloseNow(item); }) {}

std::size_t TunnelCloses::Count(const TunnelFilter& filter) const {
  const net::Clock::time_point now = loop_->now();
  const auto& entries = tunnels_->entries();
  return static_cast<std::size_t>(std::count_if(
      entries.begin(), entries.end(), [&](const auto& entry) { return IsMeant(*entry.element, filter, now); }));
}

std::size_t TunnelCloses::Schedule(const TunnelFilter& filter, const std::shared_ptr<const TunnelCloseOrder>& order,
                                   net::Clock::time_point begin, net::Clock::duration over, double turn) {
  const net::Clock::time_point now = loop_->now();
  std::vector<std::uint64_t> numbers;
  for (const auto& entry : tunnels_->entries()) {
    if (IsMeant(*entry.element, filter, now)) numbers.push_back(entry.number);
  }
  std::sort(numbers.begin(), numbers.end());
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const double share = (static_cast<double>(i) + turn) / static_cast<double>(numbers.size());
    const auto wait = std::chrono::duration_cast<net::Clock::duration>(over * share);
    due_.Add(numbers[i], begin + wait, {.number = numbers[i], .order = order});
  }
  CountPending();
  return numbers.size();
}

void TunnelCloses::Forget(std::uint64_t number) {
  due_.Forget(number);
  CountPending();
}

void TunnelCloses::CloseNow(const Item& item) {
  CountPending();
  if (Tunnel* tunnel = tunnels_->Find(item.number)) tunnel->CloseByOperator(item.order->code, item.order->reason);
}

}  // namespace viaduct::sidecar
