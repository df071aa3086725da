#include "sidecar/authorize/server/grpc_check.h"

#include <string>
#include <string_view>

#include "filter/trusted_fields.h"
#include "http/field.h"
#include "sidecar/authorize/check_reply.h"

namespace viaduct::sidecar {
namespace {

namespace v3 = envoy::service::auth::v3;

// google.rpc.Code.
constexpr int kOk = 0;
constexpr int kPermissionDenied = 7;

constexpr std::string_view kAuthority = ":authority";

// Adds a field, or the Host in its place; drops the other pseudo-headers.
void AddField(std::string_view name, std::string_view value, bool joined, Check* check) {
  if (name == kAuthority) {
    check->fields.emplace_back("host", value);
  } else if (name.starts_with(':')) {
    return;
  } else if (joined) {
    AddJoinedField(name, value, &check->fields);
  } else {
    check->fields.emplace_back(name, value);
  }
}

bool HasHost(const Check& check) {
  for (const http::Field& field : check.fields) {
    if (field.known == http::FieldName::kHost) return true;
  }
  return false;
}

}  // namespace

Check ReadGrpcCheck(const v3::CheckRequest& request) {
  const v3::AttributeContext& attributes = request.attributes();
  const v3::AttributeContext::HttpRequest& http = attributes.request().http();
  Check check{.form = CheckForm::kGrpc, .method = http.method(), .target = http.path()};
  for (const v3::HeaderValue& header : http.header_map().headers()) {
    AddField(header.key(), header.raw_value().empty() ? header.value() : header.raw_value(), false, &check);
  }
  if (http.header_map().headers().empty()) {
    for (const auto& [name, value] : http.headers()) AddField(name, value, true, &check);
  }
  if (!http.host().empty() && !HasHost(check)) check.fields.emplace_back("host", http.host());
  check.peer = attributes.source().address().socket_address().address();
  if (check.peer.empty()) check.fault = CheckFault::kPeerMissing;
  return check;
}

v3::CheckResponse GrpcDenial() {
  v3::CheckResponse response;
  response.mutable_status()->set_code(kPermissionDenied);
  v3::DeniedHttpResponse* denied = response.mutable_denied_response();
  denied->mutable_status()->set_code(CheckStatus(CheckDecision()));
  denied->set_body(std::string(DeniedBody()));
  return response;
}

v3::CheckResponse GrpcAnswer(const CheckDecision& decision, const filter::Policy& policy) {
  if (!decision.allowed) return GrpcDenial();
  v3::CheckResponse response;
  v3::OkHttpResponse* ok = response.mutable_ok_response();
  const std::string viewer_field(filter::kViewerAddressField);
  if (decision.viewer.has_value()) {
    v3::HeaderValueOption* option = ok->add_headers();
    option->mutable_header()->set_key(viewer_field);
    option->mutable_header()->set_value(decision.viewer->ToString());
    option->set_append_action(v3::HeaderValueOption::OVERWRITE_IF_EXISTS_OR_ADD);
  } else {
    ok->add_headers_to_remove(viewer_field);
  }
  if (policy.secret().required()) ok->add_headers_to_remove(std::string(policy.secret().header()));
  response.mutable_status()->set_code(kOk);
  return response;
}

}  // namespace viaduct::sidecar
