#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "filter/policy.h"
#include "filter/verdict.h"
#include "http/field.h"
#include "http/head.h"
#include "ip/ip_address.h"
#include "sidecar/authorize/authorize_config.h"
#include "sidecar/authorize/check_fault.h"
#include "sidecar/authorize/check_form.h"

namespace viaduct::sidecar {

// A proxy's question: a request of which it asks whether it may pass. A value, with views into what the proxy sent.
struct Check {
  CheckForm form = CheckForm::kHttp;
  std::string_view method = {};
  std::string_view target = {};
  // The request's lines, without what the proxy added of its own.
  std::vector<http::Field> fields = {};
  // The TCP peer of the connection on which the proxy got the request, as the proxy says it.
  std::string_view peer = {};
  // Why the question cannot be judged.
  std::optional<CheckFault> fault = std::nullopt;
};

// Reads a question in HTTP, whose own peer is `proxy`.
Check ReadHttpCheck(const http::RequestHead& head, const net::SocketAddress& proxy, const AuthorizeConfig& config);

// Adds a field that a proxy may have joined from several lines. Those of X-Amz-Cf-Id, which has no comma, become
// several lines again, so that a repeated one is called so.
void AddJoinedField(std::string_view name, std::string_view value, std::vector<http::Field>* fields);

// The answer to a question, and its reason. A value.
struct CheckDecision {
  bool allowed = false;
  // Set if the request is denied for a reason that is not the filter's.
  std::optional<CheckFault> fault;
  // The filter's verdict; nullopt if the filter was not asked.
  std::optional<filter::Verdict> verdict;
  // What the filter's check that denied the request looked at, for people; "" otherwise.
  std::string facts;
  // The address to pass on, normalized: proven, and of an allowed request.
  std::optional<ip::IpAddress> viewer;

  // Why the request is denied; empty if it is allowed.
  std::string_view deny_reason() const;
};

// Judges the request in question as a request of the same head on a connection of the same peer would be judged by the
// sidecar itself. It counts as an upgrade if it has an Upgrade or a Sec-WebSocket-Key, since some proxies ask without
// the former. The path decides nothing.
//
// Pure; may be called from any thread.
CheckDecision DecideCheck(const Check& check, const filter::Policy& policy);

// The decision about a question that cannot be read.
CheckDecision DenyCheck(CheckFault fault);

}  // namespace viaduct::sidecar
