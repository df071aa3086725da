#include "ops/admin/accept/admin_connections.h"

#include <algorithm>
#include <string>
#include <utility>

#include "text/number.h"

namespace viaduct::ops {

std::optional<AdminPeer> AdminPeer::Parse(std::string_view text) {
  const std::size_t scheme_end = text.find(':');
  const std::size_t port_begin = text.rfind(':');
  if (scheme_end == port_begin || scheme_end == std::string_view::npos) return std::nullopt;
  const std::string_view scheme = text.substr(0, scheme_end);
  std::string_view host = text.substr(scheme_end + 1, port_begin - scheme_end - 1);
  if (scheme == "ipv6") {
    constexpr std::string_view kOpen = "%5B";
    if (!host.starts_with(kOpen)) return std::nullopt;
    host.remove_prefix(kOpen.size());
    host = host.substr(0, host.find('%'));  // the closing bracket, or the zone before it
  } else if (scheme != "ipv4") {
    return std::nullopt;
  }
  const std::optional<ip::IpAddress> address = ip::IpAddress::Parse(host);
  AdminPeer peer;
  if (!address.has_value() || !text::ReadNumber(text.substr(port_begin + 1), &peer.port)) return std::nullopt;
  peer.address = *address;
  return peer;
}

std::optional<AdminConnections::Ended> AdminConnections::Add(Id id, const AdminPeer& peer, Time now) {
  connections_.push_back({.id = id, .peer = peer, .since = now, .called = !limits_.first_call.has_value()});
  if (connections_.size() <= limits_.most) return std::nullopt;
  auto given_up = std::find_if(connections_.begin(), connections_.end(), [](const Connection& c) { return !c.called; });
  if (given_up == connections_.end()) given_up = std::prev(connections_.end());
  const Ended ended{.id = given_up->id, .peer = given_up->peer, .end = End::kTooMany};
  connections_.erase(given_up);
  return ended;
}

void AdminConnections::NoteCall(const AdminPeer& peer) {
  for (Connection& connection : connections_) {
    if (connection.peer == peer) connection.called = true;
  }
}

void AdminConnections::NoteProbe(const AdminPeer& peer) {
  for (Connection& connection : connections_) {
    if (connection.peer == peer) connection.probed = true;
  }
}

void AdminConnections::Remove(Id id) {
  std::erase_if(connections_, [id](const Connection& connection) { return connection.id == id; });
}

std::vector<AdminConnections::Ended> AdminConnections::TakeOverdue(Time now) {
  std::vector<Ended> overdue;
  std::erase_if(connections_, [&](const Connection& connection) {
    const auto deadline = Deadline(connection);
    if (!deadline.has_value() || deadline->first > now) return false;
    overdue.push_back({.id = connection.id, .peer = connection.peer, .end = deadline->second});
    return true;
  });
  return overdue;
}

std::optional<AdminConnections::Time> AdminConnections::next_deadline() const {
  std::optional<Time> next;
  for (const Connection& connection : connections_) {
    const auto deadline = Deadline(connection);
    if (deadline.has_value() && (!next.has_value() || deadline->first < *next)) next = deadline->first;
  }
  return next;
}

std::optional<std::pair<AdminConnections::Time, AdminConnections::End>> AdminConnections::Deadline(
    const Connection& connection) const {
  std::optional<std::pair<Time, End>> deadline;
  if (limits_.lifetime.has_value()) deadline = {connection.since + *limits_.lifetime, End::kTooOld};
  if (!connection.called && !connection.probed) {
    const std::pair<Time, End> first_call{connection.since + *limits_.first_call, End::kNoFirstCall};
    if (!deadline.has_value() || first_call.first < deadline->first) deadline = first_call;
  }
  return deadline;
}

}  // namespace viaduct::ops
