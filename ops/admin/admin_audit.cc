#include "ops/admin/admin_audit.h"

#include <chrono>
#include <string>

#include "absl/status/status.h"
#include "ops/admin/admin_caller.h"

namespace viaduct::ops {
namespace {

constexpr std::size_t kMaxResourceBytes = 256;

}  // namespace

grpc::Status AdminAudit::Note(const grpc::ServerContext& context, const Call& call, grpc::Status result) const {
  const AdminCaller caller = AdminCaller::Of(context, *credentials_);
  const std::string code = absl::StatusCodeToString(static_cast<absl::StatusCode>(result.error_code()));
  const std::string_view resource = call.resource.substr(0, kMaxResourceBytes);
  const auto now = std::chrono::system_clock::now();
  if (call.count.has_value()) {
    logger_->Log(LogLevel::kInfo, now, "admin call",
                 {{"method", call.method},
                  {"resource", resource},
                  {"count", *call.count},
                  {"result", code},
                  {"caller", caller.kind},
                  {"callerName", caller.name},
                  {"peer", caller.peer}});
  } else {
    logger_->Log(LogLevel::kInfo, now, "admin call",
                 {{"method", call.method},
                  {"resource", resource},
                  {"result", code},
                  {"caller", caller.kind},
                  {"callerName", caller.name},
                  {"peer", caller.peer}});
  }
  return result;
}

}  // namespace viaduct::ops
