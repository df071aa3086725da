#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "origin/chat_control.h"
#include "origin/config.h"
#include "origin/event_feed.h"

namespace viaduct {

// Serves the admin API, with gRPC's health and reflection services, where the config says: on a Unix socket of mode
// 0660, on TCP behind a bearer token, client certificates or both, or nowhere.
//
// Belongs to one thread; gRPC runs its own.
class AdminServer {
 public:
  // Listens and serves. `control` and `feed` must outlive it. The error names the address that cannot be had.
  static absl::StatusOr<std::unique_ptr<AdminServer>> Start(const OriginConfig& config, ChatControl* control,
                                                            EventFeed* feed);
  // Ends calls in progress, after a moment to finish, and removes the socket's file. The feed must have been ended, or
  // watchers keep it waiting for that moment.
  ~AdminServer();

  // "unix:PATH" and "ADDRESS:PORT", or "".
  const std::string& unix_address() const { return unix_address_; }
  const std::string& tcp_address() const { return tcp_address_; }

 private:
  class Grpc;

  AdminServer();

  std::unique_ptr<Grpc> grpc_;
  std::string unix_address_;
  std::string tcp_address_;
};

}  // namespace viaduct
