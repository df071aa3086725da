#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "sidecar/tunnel/tunnel_closing.h"

namespace viaduct::sidecar {

// A tunnel without sockets, whose close_wait is 5 s and whose code for a drain 4012: reports events, does what it is
// told, and keeps a protocol of it in words.
class ClosingTunnel {
 public:
  // One event, and what is done about it, e.g. "pass, viewer FIN". Events:
  //   viewer|upstream Close, FIN, reset, broken  what a side does
  //   viewer|upstream data, flood                bytes come from it, or 16 MiB
  //   viewer|upstream half, whole                what was sent to it ends in the middle of a frame, or with a whole one
  //   viewer|upstream slow, taking, deaf         bytes for it wait; it takes them all; writing to it fails
  //   idle, max, drain, unresponsive, flood, operator  we end it
  //   1s, 5s                                     time passes
  //   deadline                                   time passes until the deadline
  //   delivered                                  all that was sent to the upstream arrived
  std::string Do(std::string_view event);
  // Whether a side could do this now: nothing comes after a FIN.
  bool Possible(std::string_view event) const;

  TunnelClosing& closing() { return closing_; }
  int closes(Side to) const { return closes_[static_cast<std::size_t>(to)]; }
  int fins(Side to) const { return fins_[static_cast<std::size_t>(to)]; }

 private:
  TunnelClosing::Outbound& Out(Side to) { return out_[static_cast<std::size_t>(to)]; }
  void SetWaiting(Side to, bool waiting);
  void Note(std::string_view words);
  void OnSide(Side side, std::string_view what);
  void OnOther(std::string_view what);
  void Pass(TunnelClosing::Time::duration time);
  void Follow();
  void Finish();

  TunnelClosing closing_{4012};
  TunnelClosing::Time now_{std::chrono::seconds(1000)};
  TunnelClosing::Outbound out_[2];
  std::optional<TunnelClosing::Time> takes_none_[2];
  bool delivered_ = false;
  int closes_[2] = {0, 0};
  int fins_[2] = {0, 0};
  std::string done_;
};

}  // namespace viaduct::sidecar
