#include "ops/admin/admin_caller.h"

#include <grpc/grpc_security_constants.h>

#include <memory>
#include <utility>
#include <vector>

namespace viaduct::ops {
namespace {

std::string FirstOf(const grpc::AuthContext& context, const char* property) {
  const std::vector<grpc::string_ref> values = context.FindPropertyValues(property);
  return values.empty() ? std::string() : std::string(values.front().data(), values.front().size());
}

std::string FirstOf(const grpc_auth_context* context, const char* property) {
  grpc_auth_property_iterator values = grpc_auth_context_find_properties_by_name(context, property);
  const grpc_auth_property* const first = grpc_auth_property_iterator_next(&values);
  return first == nullptr ? std::string() : std::string(first->value, first->value_length);
}

template <typename Context>
std::string NameIn(const Context& context) {
  std::string name;
  for (const char* property :
       {GRPC_PEER_SPIFFE_ID_PROPERTY_NAME, GRPC_X509_CN_PROPERTY_NAME, GRPC_X509_SAN_PROPERTY_NAME}) {
    name = FirstOf(context, property);
    if (!name.empty()) break;
  }
  return name;
}

}  // namespace

std::string CertificateName(const grpc::AuthContext& context) { return NameIn(context); }

std::string CertificateName(const grpc_auth_context* context) { return NameIn(context); }

AdminCaller AdminCaller::Of(const grpc::ServerContext& context, const AdminCredentials& credentials) {
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
    caller.name = credentials.NameOf({found->second.data(), found->second.size()});
    if (!caller.name.empty()) caller.kind = "token";
  }
  return caller;
}

}  // namespace viaduct::ops
