#include "sidecar/tunnel/tunnel_pings.h"

#include <cstring>

namespace viaduct::sidecar {

TunnelPings::Payload TunnelPings::Send(Time now) {
  due_ = false;
  last_sent_ = now;
  ++unanswered_;
  return {.salt = salt_, .number = sent_++};
}

bool TunnelPings::IsOurPong(std::string_view payload) const {
  const std::optional<Payload> pong = Read(payload);
  return pong.has_value() && pong->salt == salt_ && pong->number < sent_;
}

std::optional<TunnelPings::Time::duration> TunnelPings::RoundTrip(std::string_view payload, Time now) const {
  if (!IsOurPong(payload) || Read(payload)->number + 1 != sent_) return std::nullopt;
  return now - last_sent_;
}

std::optional<TunnelPings::Payload> TunnelPings::Read(std::string_view payload) {
  Payload read;
  if (payload.size() != sizeof read) return std::nullopt;
  std::memcpy(&read, payload.data(), sizeof read);
  return read;
}

}  // namespace viaduct::sidecar
