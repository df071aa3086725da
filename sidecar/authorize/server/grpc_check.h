#pragma once

#include "api/authorize/v3/external_auth.pb.h"
#include "filter/policy.h"
#include "sidecar/authorize/check.h"

namespace viaduct::sidecar {

// Reads a question in gRPC, which must outlive the result. The peer is the source's address, which Envoy takes from the
// connection.
Check ReadGrpcCheck(const envoy::service::auth::v3::CheckRequest& request);

// The answer no. It has a status, without which an answer means yes.
envoy::service::auth::v3::CheckResponse GrpcDenial();

// The answer to a question. If it is yes, it sets the viewer's address, if that is proven, and removes the secret that
// `policy` asks for; a viewer's own word about its address never passes.
envoy::service::auth::v3::CheckResponse GrpcAnswer(const CheckDecision& decision, const filter::Policy& policy);

}  // namespace viaduct::sidecar
