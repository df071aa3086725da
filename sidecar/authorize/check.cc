#include "sidecar/authorize/check.h"

#include <algorithm>
#include <cstddef>

#include "filter/connection_facts.h"
#include "filter/evaluate.h"
#include "filter/explain.h"
#include "filter/request_view.h"
#include "http/field_name.h"
#include "text/ascii.h"

namespace viaduct::sidecar {
namespace {

// Takes the peer out of its own field.
void TakePeerField(std::string_view name, Check* check) {
  std::size_t lines = 0;
  for (const http::Field& field : check->fields) {
    if (!text::EqualsIgnoreCase(field.name, name)) continue;
    check->peer = field.value;
    ++lines;
  }
  if (lines == 0) check->fault = CheckFault::kPeerMissing;
  if (lines > 1) check->fault = CheckFault::kPeerRepeated;
  std::erase_if(check->fields, [=](const http::Field& field) { return text::EqualsIgnoreCase(field.name, name); });
}

// Takes the last member off X-Forwarded-For, counted over all its lines.
void TakeLastForwarded(Check* check) {
  const auto is_forwarded = [](const http::Field& field) { return field.known == http::FieldName::kXForwardedFor; };
  const auto last = std::find_if(check->fields.rbegin(), check->fields.rend(), is_forwarded);
  if (last == check->fields.rend()) {
    check->fault = CheckFault::kPeerMissing;
    return;
  }
  const std::size_t comma = last->value.rfind(',');
  if (comma == std::string_view::npos) {
    check->peer = last->value;
    check->fields.erase(std::next(last).base());
    return;
  }
  check->peer = http::TrimWhitespace(last->value.substr(comma + 1));
  last->value = http::TrimWhitespace(last->value.substr(0, comma));
}

bool HasField(const Check& check, http::FieldName name) {
  return std::ranges::any_of(check.fields, [=](const http::Field& field) { return field.known == name; });
}

}  // namespace

Check ReadHttpCheck(const http::RequestHead& head, const net::SocketAddress& proxy, const AuthorizeConfig& config) {
  Check check{.form = CheckForm::kHttp, .method = head.method, .target = head.target};
  check.fields.reserve(head.fields.size());
  for (const http::Field& field : head.fields) {
    // Envoy joins lines of one name.
    AddJoinedField(field.name, field.value, &check.fields);
  }
  if (config.peer_field.empty()) {
    TakeLastForwarded(&check);
  } else {
    TakePeerField(config.peer_field, &check);
  }
  if (!config.Trusts(proxy)) check.fault = CheckFault::kUntrustedProxy;
  return check;
}

void AddJoinedField(std::string_view name, std::string_view value, std::vector<http::Field>* fields) {
  http::Field field(name, value);
  if (field.known != http::FieldName::kXAmzCfId) {
    fields->push_back(field);
    return;
  }
  for (std::size_t comma; (comma = value.find(',')) != std::string_view::npos; value.remove_prefix(comma + 1)) {
    field.value = http::TrimWhitespace(value.substr(0, comma));
    fields->push_back(field);
  }
  field.value = http::TrimWhitespace(value);
  fields->push_back(field);
}

std::string_view CheckDecision::deny_reason() const {
  if (allowed) return {};
  if (fault.has_value()) return kCheckFaults.Name(*fault);
  return verdict.has_value() ? filter::kDenyReasons.Name(verdict->reason) : std::string_view();
}

CheckDecision DecideCheck(const Check& check, const filter::Policy& policy) {
  if (check.fault.has_value()) return DenyCheck(*check.fault);
  const std::optional<ip::IpAddress> peer = ip::ParseAddressMaybePort(check.peer);
  if (!peer.has_value()) return DenyCheck(CheckFault::kPeerUnparsable);
  const bool is_upgrade =
      HasField(check, http::FieldName::kUpgrade) || HasField(check, http::FieldName::kSecWebSocketKey);
  const filter::RequestView view{
      .method = check.method, .target = check.target, .fields = check.fields, .is_upgrade = is_upgrade};
  CheckDecision decision;
  const filter::ConnectionFacts connection{.peer = *peer};
  decision.verdict = filter::Evaluate(policy, view, connection);
  if (!decision.verdict->allowed) {
    decision.facts = filter::DenialFacts(policy, view, connection);
    return decision;
  }
  const bool claims_viewer = HasField(check, http::FieldName::kXViaductViewerAddress);
  if (check.form == CheckForm::kHttp && claims_viewer && !decision.verdict->viewer.has_value()) {
    decision.fault = CheckFault::kViewerAddressForged;
    return decision;
  }
  decision.viewer = decision.verdict->viewer;
  decision.allowed = true;
  return decision;
}

CheckDecision DenyCheck(CheckFault fault) {
  CheckDecision decision;
  decision.fault = fault;
  return decision;
}

}  // namespace viaduct::sidecar
