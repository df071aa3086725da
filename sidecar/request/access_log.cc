#include "sidecar/request/access_log.h"

#include <array>
#include <cstddef>
#include <string>

namespace viaduct::sidecar {
namespace {

// Bytes of a value from the wire in the line, escapes included; a tunnel keeps them while it is open.
constexpr std::size_t kMaxTarget = 512;
constexpr std::size_t kMaxName = 256;  // a host, or a program
constexpr std::size_t kMaxId = 128;
// Comma, key, colon and quotes around a value.
constexpr std::size_t kMostAround = 24;

// Size of the rendered fields of a browser's request through CloudFront; a longer text only costs an allocation.
constexpr std::size_t kUsualBytes = 1024;

// Most often the upstream is not slow, but holds a long poll for longer than we wait.
constexpr std::string_view kSlowAnswerAdvice =
    "if the upstream holds this request on purpose (long polling), raise timeouts.response_timeout of its route, and "
    "CloudFront's response timeout above it";

// Adds a value from the wire, cut to `most` bytes.
void AddWire(const ops::JsonKey& key, std::string_view value, std::size_t most, text::TextBuffer* record) {
  const std::size_t begin = record->view().size();
  const std::string_view front = value.substr(0, most);
  ops::JsonLine::Resume(record).String(key, front);
  // Only the few values that need escaping are measured.
  if (record->view().size() - begin <= most + kMostAround) return;
  record->Cut(begin);
  ops::JsonLine::Resume(record).String(key, ops::FrontForLog(front, most));
}

// Adds a header field that operators search by; an absent field is left out.
void AddField(const ops::JsonKey& key, const http::RequestHead& head, http::FieldName name, std::size_t most,
              text::TextBuffer* record) {
  const std::string_view value = head.fields.First(name);
  if (!value.empty()) AddWire(key, value, most, record);
}

void AddWay(const ops::JsonKey& key, const TunnelFigures::Way& way, ops::JsonLine* line) {
  line->BeginObject(key).Uint("bytes", way.bytes).Uint("frames", way.frames).Millis("idleMs", way.idle);
  if (way.close_code.has_value()) line->Int("closeCode", *way.close_code);
  line->EndObject();
}

}  // namespace

void AccessRecord::Begin(net::Clock::time_point now, std::string_view peer) {
  begin_ = now;
  rendered_.Clear();
  rendered_.Room(kUsualBytes);
  ops::JsonLine(&rendered_).String("peer", peer);
}

void AccessRecord::NoteVpcEndpoint(std::string_view id) { ops::JsonLine::Resume(&rendered_).String("vpcEndpoint", id); }

void AccessRecord::NoteRule(Rule rule) {
  if (!rule.word().empty()) ops::JsonLine::Resume(&rendered_).String("rule", rule.word());
}

void AccessRecord::NoteProblem(std::string_view text) { ops::JsonLine::Resume(&rendered_).String("problem", text); }

void AccessRecord::NoteRequest(const http::RequestHead& head, const text::QueryRedaction& query) {
  std::string storage;
  AddWire("method", head.method, kMaxId, &rendered_);
  AddWire("target", query.Redact(head.target.substr(0, kMaxTarget), &storage), kMaxTarget, &rendered_);
  AddWire("host", head.host, kMaxName, &rendered_);
  AddField("cloudfrontId", head, http::FieldName::kXAmzCfId, kMaxId, &rendered_);
  AddField("traceId", head, http::FieldName::kXAmznTraceId, kMaxId, &rendered_);
  AddField("userAgent", head, http::FieldName::kUserAgent, kMaxName, &rendered_);
}

void AccessRecord::NoteVerdict(const filter::Verdict& verdict, std::string_view viewer,
                               std::string_view secret_generation) {
  ops::JsonLine line = ops::JsonLine::Resume(&rendered_);
  line.String("verdict", verdict.allowed ? "allow" : "deny");
  if (!verdict.allowed) line.String("denyReason", filter::kDenyReasons.Name(verdict.reason));
  if (!verdict.would_deny.empty()) line.String("wouldDeny", filter::NamesOf(verdict.would_deny));
  if (!viewer.empty()) line.String("viewer", viewer);
  if (verdict.edge != ip::IpAddress()) {
    std::array<char, ip::IpAddress::kMaxTextSize> edge;
    line.String("edge", {edge.data(), verdict.edge.Format(edge.data())});
  }
  if (!secret_generation.empty()) line.String("secretGeneration", secret_generation);
}

void AccessRecord::NoteFacts(std::string_view facts) {
  if (!facts.empty()) AddWire("facts", facts, kMaxTarget, &rendered_);
}

void AccessRecord::NoteDenial(std::string_view reason) {
  ops::JsonLine::Resume(&rendered_).String("verdict", "deny").String("denyReason", reason);
}

void AccessRecord::AddTo(ops::JsonLine* line) const { line->Rendered(rendered_.view().substr(1)); }

void AddRequestFigures(const RequestFigures& figures, std::chrono::nanoseconds duration, ops::JsonLine* line) {
  line->Int("status", figures.status)
      .String("end", kRequestEnds.Name(figures.end))
      .Millis("durationMs", duration)
      .Uint("requestBytes", figures.request_body_bytes)
      .Uint("responseBytes", figures.response_body_bytes);
  if (figures.upstream_time.has_value()) line->Millis("upstreamMs", *figures.upstream_time);
  if (figures.end == RequestEnd::kUpstreamResponseTimeout) line->String("advice", kSlowAnswerAdvice);
}

void AddTunnelFigures(const TunnelFigures& figures, std::chrono::nanoseconds duration, ops::JsonLine* line) {
  line->Int("status", 101).String("end", kTunnelEnds.Name(figures.end)).Millis("durationMs", duration);
  AddWay("fromViewer", figures.from_viewer, line);
  AddWay("fromUpstream", figures.from_upstream, line);
  if (figures.close_sent.has_value()) line->Int("closeSent", *figures.close_sent);
}

}  // namespace viaduct::sidecar
