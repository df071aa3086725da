#include "ops/admin_caller.h"

#include <grpc/grpc_security_constants.h>

#include <memory>
#include <utility>
#include <vector>

namespace viaduct {
namespace {

std::string FirstOf(const grpc::AuthContext& context, const char* property) {
  const std::vector<grpc::string_ref> values = context.FindPropertyValues(property);
  return values.empty() ? std::string() : std::string(values.front().data(), values.front().size());
}

}  // namespace

std::string CertificateName(const grpc::AuthContext& context) {
  std::string name;
  for (const char* property :
       {GRPC_PEER_SPIFFE_ID_PROPERTY_NAME, GRPC_X509_CN_PROPERTY_NAME, GRPC_X509_SAN_PROPERTY_NAME}) {
    name = FirstOf(context, property);
    if (!name.empty()) break;
  }
  return name;
}

AdminCaller AdminCaller::Of(const grpc::ServerContext& context, const AdminTokenFile& tokens) {
  AdminCaller caller{.kind = "socket", .name = "", .peer = context.peer()};
  if (const std::shared_ptr<const grpc::AuthContext> shown = context.auth_context()) {
    caller.name = CertificateName(*shown);
    if (!caller.name.empty()) {
      caller.kind = "certificate";
      return caller;
    }
  }
  const auto found = context.client_metadata().find("authorization");
  if (found != context.client_metadata().end()) {
    caller.name = tokens.NameOf({found->second.data(), found->second.size()});
    if (!caller.name.empty()) caller.kind = "token";
  }
  return caller;
}

}  // namespace viaduct
