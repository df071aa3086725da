#pragma once

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "api/admin/v1/chat_admin.grpc.pb.h"
#include "api/admin/v1/sidecar_admin.grpc.pb.h"
#include "ctl/core/failure.h"
#include "ctl/core/global_options.h"
#include "ctl/output/exit_code.h"
#include "third_party/grpc/health/v1/health.grpc.pb.h"

namespace viaduct::ctl {

// The admin API of one chat or sidecar, called with one set of credentials. It connects at the first call. Not
// thread-safe.
class Client {
 public:
  // Reads the token and the PEM files. An error is a mistake of the user: an unreadable file, an invalid endpoint, or a
  // token that would cross a network in clear text.
  static absl::StatusOr<std::unique_ptr<Client>> Create(const GlobalOptions& options, Calls calls);

  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  admin::v1::ChatAdmin::Stub& chat() { return *chat_; }
  admin::v1::SidecarAdmin::Stub& sidecar() { return *sidecar_; }
  grpc::health::v1::Health::Stub& health() { return *health_; }
  const CallContext& call_context() const { return context_; }
  // The program, for the result of a command that changes something: "prod (unix:/run/chat.sock)".
  const std::string& target() const { return context_.target; }

  // Makes a unary call with the deadline and the credentials of the options. `id` appears in the error message.
  template <typename Stub, typename Request, typename Response>
  Outcome Call(Stub& stub, grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
               const Request& request, Response& response, std::string_view id = {}) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + context_.timeout);
    Authorize(context);
    const grpc::Status status = (stub.*method)(&context, request, &response);
    if (status.ok()) return std::nullopt;
    return Explain(status, context_, id);
  }

  // Adds the token, if there is one.
  void Authorize(grpc::ClientContext& context) const;

 private:
  Client(CallContext context, std::string token, const std::shared_ptr<grpc::Channel>& channel);

  const CallContext context_;
  const std::string token_;
  const std::unique_ptr<admin::v1::ChatAdmin::Stub> chat_;
  const std::unique_ptr<admin::v1::SidecarAdmin::Stub> sidecar_;
  const std::unique_ptr<grpc::health::v1::Health::Stub> health_;
};

}  // namespace viaduct::ctl
