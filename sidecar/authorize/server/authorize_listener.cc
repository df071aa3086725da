#include "sidecar/authorize/server/authorize_listener.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "sidecar/authorize/authorize_bounds.h"

namespace viaduct::sidecar {

AuthorizeListener::AuthorizeListener(WorkerContext* context, net::UniqueFd listening_socket)
    : context_(context),
      blocks_(AuthorizeSession::kLimits.max_head_bytes),
      fields_(AuthorizeSession::kLimits.max_fields),
      listener_(
          context->loop(), std::move(listening_socket),
          [this](net::UniqueFd connection, const net::SocketAddress& proxy) { Accept(std::move(connection), proxy); }) {
}

void AuthorizeListener::Accept(net::UniqueFd connection, const net::SocketAddress& proxy) {
  if (sessions_.size() >= kMaxHttpProxies) MakeRoom();
  const AuthorizeSession::Room room{.blocks = &blocks_, .fields = fields_};
  std::unique_ptr<AuthorizeSession> session(new AuthorizeSession(context_, this, room, std::move(connection), proxy));
  session->slot = sessions_.size();
  sessions_.push_back(std::move(session));
}

void AuthorizeListener::MakeRoom() {
  const auto order = [](const std::unique_ptr<AuthorizeSession>& session) {
    return std::tuple(session->proven(), !session->idle(), session->since());
  };
  (*std::ranges::min_element(sessions_, {}, order))->Cut();
}

void AuthorizeListener::OnEnded(AuthorizeSession* session) {
  std::swap(sessions_[session->slot], sessions_.back());
  sessions_[session->slot]->slot = session->slot;
  context_->loop()->Retire(std::move(sessions_.back()));
  sessions_.pop_back();
}

}  // namespace viaduct::sidecar
