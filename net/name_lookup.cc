#include "net/name_lookup.h"

#include <chrono>
#include <utility>

namespace viaduct::net {
namespace {

// The interval at which we check for the answer. glibc could notify us by a signal or a thread of its own, which would
// cost more than reading one number a few times.
constexpr auto kLookEvery = std::chrono::milliseconds(5);

}  // namespace

NameLookup::NameLookup(EventLoop* loop, const std::string& host, std::uint16_t port,
                       absl::AnyInvocable<void(Addresses)> done)
    : query_(host, port), done_(std::move(done)), look_(loop, this) {
  look_.SetAfter(kLookEvery);
}

void NameLookup::OnTimer(Timer*) {
  if (!query_.done()) {
    look_.SetAfter(kLookEvery);
    return;
  }
  absl::AnyInvocable<void(Addresses)> done = std::move(done_);
  done(query_.Result());
}

}  // namespace viaduct::net
