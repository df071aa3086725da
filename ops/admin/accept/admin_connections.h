#pragma once

#include <chrono>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "ip/ip_address.h"

namespace viaduct::ops {

// The far end of a connection of the admin API. Connections of a Unix socket all have the same. A value.
struct AdminPeer {
  ip::IpAddress address;
  std::uint16_t port = 0;

  // Reads what gRPC calls a peer: "ipv4:127.0.0.1:51234", "ipv6:%5B::1%5D:51234". Returns nullopt for other texts, such
  // as "unix:".
  static std::optional<AdminPeer> Parse(std::string_view text);

  friend auto operator<=>(const AdminPeer&, const AdminPeer&) = default;
};

// The open connections of one listener of the admin API: how many there may be, and for how long each may stay.
// Decides; closes nothing.
//
// Not thread-safe. A value.
class AdminConnections {
 public:
  using Id = std::uint64_t;  // chosen by the caller, never used twice
  using Time = std::chrono::steady_clock::time_point;
  using Duration = std::chrono::steady_clock::duration;

  struct Limits {
    std::size_t most = 64;
    // The time from the accept to the first call that passed the listener's credentials; nullopt if the listener asks
    // for none, so that every connection may stay.
    std::optional<Duration> first_call = std::nullopt;
    // The time from the accept to the end, whatever still runs.
    std::optional<Duration> lifetime = std::nullopt;
  };

  // Why a connection must end, or cannot begin.
  enum class End : std::uint8_t { kTooMany, kNoFirstCall, kTooOld, kNoDescriptors };
  struct Ended {
    Id id;
    AdminPeer peer;
    End end;
  };

  explicit AdminConnections(const Limits& limits) : limits_(limits) {}

  // Takes in a connection. If that is one too many, returns which one must end, and takes it out: the oldest without a
  // call, so that peers without credentials keep nobody away; or the new one if all others have made calls.
  std::optional<Ended> Add(Id id, const AdminPeer& peer, Time now);
  // Notes a call that passed the listener's credentials.
  void NoteCall(const AdminPeer& peer);
  // Notes a call that needed none: the connection may stay until another one needs its place.
  void NoteProbe(const AdminPeer& peer);
  // Takes out a connection that ended by itself.
  void Remove(Id id);
  // Takes out the connections whose time is over, and returns them.
  std::vector<Ended> TakeOverdue(Time now);

  // When TakeOverdue has to be asked next; nullopt if never.
  std::optional<Time> next_deadline() const;
  std::size_t size() const { return connections_.size(); }

 private:
  struct Connection {
    Id id;
    AdminPeer peer;
    Time since;
    bool called;
    bool probed = false;
  };

  // Returns when the connection's time is over, and why.
  std::optional<std::pair<Time, End>> Deadline(const Connection& connection) const;

  Limits limits_;
  std::vector<Connection> connections_;  // the oldest first
};

}  // namespace viaduct::ops
