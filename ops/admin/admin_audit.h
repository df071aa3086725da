#pragma once

#include <grpcpp/grpcpp.h>

#include <cstdint>
#include <optional>
#include <string_view>

#include "ops/admin/admin_credentials.h"
#include "ops/log/logger.h"

namespace viaduct::ops {

// Writes one log line, "admin call", for each call that changes something: who, from where, what, on what, with which
// result. Never logs the text of a message.
//
// Thread-safe. Everything that it is given must outlive it.
class AdminAudit {
 public:
  // `credentials` say whose token a caller shows.
  AdminAudit(const Logger* logger, const AdminCredentials* credentials) : logger_(logger), credentials_(credentials) {}

  struct Call {
    std::string_view method;    // "CloseConnection"
    std::string_view resource;  // a name, or a filter; only the beginning of a long one is logged
    // The number of affected resources, unless it is obvious.
    std::optional<std::int64_t> count = std::nullopt;
  };
  // Logs the call and returns `result`.
  grpc::Status Note(const grpc::ServerContext& context, const Call& call, grpc::Status result) const;

 private:
  const Logger* const logger_;
  const AdminCredentials* const credentials_;
};

}  // namespace viaduct::ops
