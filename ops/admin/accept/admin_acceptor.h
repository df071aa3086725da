#pragma once

#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "absl/status/statusor.h"
#include "net/address.h"
#include "net/event_loop.h"
#include "net/listener.h"
#include "net/unique_fd.h"
#include "ops/admin/accept/admin_connections.h"

namespace grpc::experimental {
class ExternalConnectionAcceptor;
}

namespace viaduct::ops {

// Accepts the connections of one listening socket of the admin API, and hands them to gRPC, which speaks TLS and HTTP/2
// with them. gRPC's own listener (1.51) ends for good when one accept fails, as when descriptors run out, and knows no
// limits; this one pauses and accepts again, and ends the connections that the limits do not let stay.
//
// It keeps a descriptor of its own for each connection, by which it sees the connection's end and can end it, whatever
// gRPC does. A thread of its own does all this.
//
// Belongs to one thread, but for NoteCall and NoteProbe, which are thread-safe.
class AdminAcceptor {
 public:
  // Is called, on the thread, for each connection that is ended or cannot be taken.
  using OnEnd = std::function<void(AdminConnections::End end, const AdminPeer& peer)>;

  // `socket` comes from net::BindListener.
  static absl::StatusOr<std::unique_ptr<AdminAcceptor>> Create(net::UniqueFd socket,
                                                               const AdminConnections::Limits& limits, OnEnd on_end);
  ~AdminAcceptor();

  // Begins to accept: gRPC takes the connections by `grpc`, whose server has started and must run until Stop.
  void Serve(std::unique_ptr<grpc::experimental::ExternalConnectionAcceptor> grpc);
  // Ends what Serve began. The connections that gRPC has go on, without limits.
  void Stop();

  // Notes that `peer`, in gRPC's words, made a call that passed the credentials. May be called after Stop.
  void NoteCall(const std::string& peer);
  // The same for a call that needed no credentials.
  void NoteProbe(const std::string& peer);

  // The address on which it listens.
  const net::SocketAddress& address() const { return address_; }

 private:
  class Loop;

  explicit AdminAcceptor(std::unique_ptr<net::EventLoop> loop);

  net::SocketAddress address_;
  std::unique_ptr<net::EventLoop> loop_;
  std::unique_ptr<Loop> accepting_;
  std::thread thread_;
};

}  // namespace viaduct::ops
