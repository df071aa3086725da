#include "sidecar/request/access_log.h"

#include <array>
#include <cstddef>
#include <string>

namespace viaduct::sidecar {
namespace {

constexpr std::size_t kMaxLogged = 1024;  // bytes of one value from the wire

// Size of the rendered fields of a browser's request through CloudFront; a longer text only costs an allocation.
constexpr std::size_t kUsualBytes = 1024;

std::string_view Clip(std::string_view text) { return text.substr(0, kMaxLogged); }

// Adds a header field that operators search by; an absent field is left out.
void AddField(const ops::JsonKey& key, const http::RequestHead& head, http::FieldName name, ops::JsonLine* line) {
  const std::string_view value = http::FirstField(head.fields, name);
  if (!value.empty()) line->String(key, Clip(value));
}

void AddWay(const ops::JsonKey& key, const TunnelFigures::Way& way, ops::JsonLine* line) {
  line->BeginObject(key).Uint("bytes", way.bytes).Uint("frames", way.frames);
  if (way.close_code.has_value()) line->Int("closeCode", *way.close_code);
  line->EndObject();
}

}  // namespace

void AccessRecord::Begin(net::Clock::time_point now, std::string_view peer) {
  begin_ = now;
  rule_ = {};
  rendered_.Clear();
  rendered_.Room(kUsualBytes);
  ops::JsonLine(&rendered_).String("peer", peer);
}

void AccessRecord::NoteVpcEndpoint(std::string_view id) { ops::JsonLine::Resume(&rendered_).String("vpcEndpoint", id); }

void AccessRecord::NoteRequest(const http::RequestHead& head) {
  ops::JsonLine line = ops::JsonLine::Resume(&rendered_);
  line.String("method", Clip(head.method)).String("target", Clip(head.target)).String("host", Clip(head.host));
  AddField("cloudfrontId", head, http::FieldName::kXAmzCfId, &line);
  AddField("traceId", head, http::FieldName::kXAmznTraceId, &line);
  AddField("userAgent", head, http::FieldName::kUserAgent, &line);
}

void AccessRecord::NoteVerdict(const filter::Verdict& verdict, std::string_view viewer,
                               std::string_view secret_generation) {
  ops::JsonLine line = ops::JsonLine::Resume(&rendered_);
  line.String("verdict", verdict.allowed ? "allow" : "deny");
  if (!verdict.allowed) line.String("denyReason", filter::kDenyReasons.Name(verdict.reason));
  if (!verdict.would_deny.empty()) {
    std::string names;
    for (const filter::DenyReason reason : filter::kDenyReasons) {
      if (!verdict.would_deny.Has(reason)) continue;
      if (!names.empty()) names += ",";
      names += filter::kDenyReasons.Name(reason);
    }
    line.String("wouldDeny", names);
  }
  if (!viewer.empty()) line.String("viewer", viewer);
  if (verdict.edge != ip::IpAddress()) {
    std::array<char, ip::IpAddress::kMaxTextSize> edge;
    line.String("edge", {edge.data(), verdict.edge.Format(edge.data())});
  }
  if (!secret_generation.empty()) line.String("secretGeneration", secret_generation);
}

void AccessRecord::AddTo(ops::JsonLine* line) const {
  line->Rendered(rendered_.view().substr(1));
  if (!rule_.empty()) line->String("rule", rule_);
}

void AddRequestFigures(const RequestFigures& figures, std::chrono::nanoseconds duration, ops::JsonLine* line) {
  line->Int("status", figures.status)
      .String("end", kRequestEnds.Name(figures.end))
      .Millis("durationMs", duration)
      .Uint("requestBytes", figures.request_body_bytes)
      .Uint("responseBytes", figures.response_body_bytes);
  if (figures.upstream_time.has_value()) line->Millis("upstreamMs", *figures.upstream_time);
}

void AddTunnelFigures(const TunnelFigures& figures, std::chrono::nanoseconds duration, ops::JsonLine* line) {
  line->Int("status", 101).String("end", kTunnelEnds.Name(figures.end)).Millis("durationMs", duration);
  AddWay("fromViewer", figures.from_viewer, line);
  AddWay("fromUpstream", figures.from_upstream, line);
  if (figures.close_sent.has_value()) line->Int("closeSent", *figures.close_sent);
}

}  // namespace viaduct::sidecar
