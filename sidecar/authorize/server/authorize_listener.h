#pragma once

#include <memory>
#include <vector>

#include "http/field.h"
#include "net/address.h"
#include "net/listener.h"
#include "net/unique_fd.h"
#include "sidecar/authorize/server/authorize_session.h"
#include "sidecar/thread/byte_queue.h"
#include "sidecar/thread/worker_context.h"

namespace viaduct::sidecar {

// Accepts on one thread the connections of proxies that ask in HTTP, and owns their sessions. It answers until it dies,
// also while the sidecar drains: the proxies may still have requests.
//
// At most kMaxHttpProxies connections are open. One more takes the place of another: of one that has asked nothing or
// may not ask, then of the one that has been idle for longest.
//
// Belongs to the context's thread; must die before the context.
class AuthorizeListener final : private AuthorizeSession::Owner {
 public:
  // `context` must outlive it; its settings have `authorize`. `listening_socket` comes from net::BindListener.
  AuthorizeListener(WorkerContext* context, net::UniqueFd listening_socket);

 private:
  void Accept(net::UniqueFd connection, const net::SocketAddress& proxy);
  void MakeRoom();
  void OnEnded(AuthorizeSession* session) override;

  WorkerContext* context_;
  BlockPool blocks_;
  std::vector<http::Field> fields_;
  std::vector<std::unique_ptr<AuthorizeSession>> sessions_;
  net::Listener listener_;
};

}  // namespace viaduct::sidecar
