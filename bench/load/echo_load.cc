#include "bench/load/echo_load.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "bench/bare_socket.h"
#include "bench/failure.h"
#include "bench/load/load.h"
#include "bench/load/tunnel.h"

namespace viaduct::bench {
namespace {

constexpr std::size_t kReadBytes = 262144;
// Upgrades under way at the same time while tunnels are opened.
constexpr std::size_t kOpenAtOnce = 64;

}  // namespace

EchoLoad::EchoLoad(const LoadOptions& options) : Load(options), messages_(options.payload_bytes), block_(kReadBytes) {}

Report EchoLoad::Open(std::size_t count) {
  Report report;
  const std::size_t first = tunnels_.size();
  while (tunnels_.size() < first + count) OpenBatch(std::min(kOpenAtOnce, first + count - tunnels_.size()));
  // Sends one message each, so that every tunnel has been in use before it counts as idle.
  for (std::size_t i = first; i < tunnels_.size(); ++i) {
    tunnels_[i]->SendMessage(Tunnel::Clock::now());
    ++under_way_;
    while (under_way_ >= kOpenAtOnce) TurnOrFail();
  }
  while (under_way_ > 0) TurnOrFail();
  const auto now = Tunnel::Clock::now();
  for (const Tunnel::Clock::time_point sent : returned_) report.Add(now - sent, 2 * options_.payload_bytes);
  returned_.clear();
  report.Finish();
  return report;
}

void EchoLoad::OpenBatch(std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t number = tunnels_.size();
    net::UniqueFd fd = ConnectTo(options_.target, number % options_.sources);
    Watch(epoll_.get(), fd.get(), number);
    tunnels_.push_back(std::make_unique<Tunnel>(std::move(fd), number, options_.depth, &heads_, &messages_));
  }
  while (opened_ < tunnels_.size()) TurnOrFail();
}

void EchoLoad::React(std::uint64_t tag) {
  Tunnel& tunnel = *tunnels_[tag];
  const bool was_open = tunnel.open();
  const std::size_t before = returned_.size();
  tunnel.Advance(block_, returned_);
  if (!was_open && tunnel.open()) ++opened_;
  under_way_ -= returned_.size() - before;
}

void EchoLoad::BeginNext(Goal& goal, Tunnel::Clock::time_point now) {
  while (tunnels_[next_]->under_way() == options_.depth) next_ = (next_ + 1) % tunnels_.size();
  if (!goal.Begin(now)) return;
  tunnels_[next_]->SendMessage(now);
  ++under_way_;
  next_ = (next_ + 1) % tunnels_.size();
}

Report EchoLoad::Run(Goal goal) {
  if (tunnels_.empty()) Fail("a run needs open tunnels");
  const std::size_t active = options_.active == 0 ? tunnels_.size() : std::min(options_.active, tunnels_.size());
  Report report;
  for (std::size_t i = 0; i < active * options_.depth; ++i) BeginNext(goal, Tunnel::Clock::now());
  while (under_way_ > 0) {
    TurnOrFail();
    const auto now = Tunnel::Clock::now();
    for (const Tunnel::Clock::time_point sent : returned_) report.Add(now - sent, 2 * options_.payload_bytes);
    const std::size_t room = returned_.size();
    returned_.clear();
    for (std::size_t i = 0; i < room; ++i) BeginNext(goal, now);
  }
  report.Finish();
  return report;
}

}  // namespace viaduct::bench
