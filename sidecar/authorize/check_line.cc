#include "sidecar/authorize/check_line.h"

#include <array>
#include <cstddef>

#include "http/head.h"
#include "ip/ip_address.h"

namespace viaduct::sidecar {
namespace {

// Bytes of what a proxy says of its peer: more than an address has.
constexpr std::size_t kMaxPeer = 64;

}  // namespace

std::string_view SecretGenerationOf(const CheckDecision& decision, const filter::Policy& policy) {
  if (!decision.verdict.has_value()) return {};
  return policy.secret().NameOf(decision.verdict->secret_generation);
}

void NoteCheck(const Check& check, const CheckDecision& decision, const filter::Policy& policy,
               const text::QueryRedaction& query, net::Clock::time_point now, AccessRecord* record) {
  record->Begin(now, check.peer.substr(0, kMaxPeer));
  if (!check.method.empty()) {
    http::RequestHead head;
    head.method = check.method;
    head.target = check.target;
    head.fields.Assign(check.fields);
    head.host = head.fields.First(http::FieldName::kHost);
    record->NoteRequest(head, query);
  }
  if (decision.fault.has_value() || !decision.verdict.has_value()) {
    record->NoteDenial(decision.deny_reason());
    return;
  }
  std::array<char, ip::IpAddress::kMaxTextSize> text;
  std::string_view viewer;
  if (decision.verdict->viewer.has_value()) viewer = {text.data(), decision.verdict->viewer->Format(text.data())};
  record->NoteVerdict(*decision.verdict, viewer, SecretGenerationOf(decision, policy));
  record->NoteFacts(decision.facts);
}

void EndCheckLine(const CheckFigures& figures, std::chrono::nanoseconds duration, ops::JsonLine* line) {
  line->String("form", kCheckForms.Name(figures.form))
      .String("proxy", figures.proxy)
      .Int("status", figures.status)
      .Millis("durationMs", duration);
  line->End("authorize");
}

}  // namespace viaduct::sidecar
