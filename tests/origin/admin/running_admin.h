#pragma once

#include <grpcpp/grpcpp.h>

#include <memory>
#include <string>

#include "api/admin/v1/chat_admin.grpc.pb.h"
#include "ops/admin/admin_audit.h"
#include "ops/admin/admin_credentials.h"
#include "ops/admin/admin_server.h"
#include "ops/log/logger.h"
#include "ops/metrics/reload_counts.h"
#include "origin/admin/admin_service.h"
#include "origin/admin/admin_task.h"
#include "origin/config/config.h"
#include "tests/origin/chat/running_chat.h"
#include "tests/support/socket_path.h"

namespace viaduct::origin {

// A running chat with its admin API on a Unix socket of its own, and a client of that.
class RunningAdmin {
 public:
  RunningAdmin() : RunningAdmin(RunningChat::Config()) {}
  explicit RunningAdmin(OriginConfig config);
  ~RunningAdmin();

  RunningChat& chat() { return chat_; }
  admin::v1::ChatAdmin::Stub& stub() { return *stub_; }
  const std::string& socket() const { return socket_.path(); }
  // Stops like the program at its end.
  void Stop();

 private:
  SocketPath socket_;
  RunningChat chat_;
  ops::Logger logger_;
  ops::ReloadCounts reloads_;
  ops::AdminCredentials credentials_;
  ops::AdminAudit audit_;
  AdminTask task_;
  AdminService service_;
  std::unique_ptr<ops::AdminServer> server_;
  std::unique_ptr<admin::v1::ChatAdmin::Stub> stub_;
};

// Makes a unary call that ends within the tests' patience. Returns "" if it succeeds, otherwise "CODE_NUMBER: message".
template <typename Request, typename Response>
std::string Call(admin::v1::ChatAdmin::Stub& stub,
                 grpc::Status (admin::v1::ChatAdmin::Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                 const Request& request, Response* response) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + RawPeer::kTimeout);
  const grpc::Status status = (stub.*method)(&context, request, response);
  if (status.ok()) return "";
  return std::to_string(status.error_code()) + ": " + status.error_message();
}

}  // namespace viaduct::origin
