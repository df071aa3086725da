#include "ctl/why/end_text.h"

#include <google/protobuf/struct.pb.h>

#include <chrono>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "ctl/output/proto_time.h"
#include "ctl/output/table.h"
#include "ctl/output/text.h"

namespace viaduct::ctl {
namespace {

using google::protobuf::Struct;
using google::protobuf::Value;

const Value* Find(const Struct& fields, const std::string& name) {
  const auto field = fields.fields().find(name);
  return field == fields.fields().end() ? nullptr : &field->second;
}

std::string TextOf(const Struct& fields, const std::string& name) {
  const Value* const value = Find(fields, name);
  return value == nullptr ? "" : value->string_value();
}

std::optional<double> NumberOf(const Struct& fields, const std::string& name) {
  const Value* const value = Find(fields, name);
  if (value == nullptr || value->kind_case() != Value::kNumberValue) return std::nullopt;
  return value->number_value();
}

// "1001", or "" if there is no such number.
std::string CodeOf(const Struct& fields, const std::string& name) {
  const std::optional<double> number = NumberOf(fields, name);
  return number.has_value() ? absl::StrCat(*number) : "";
}

// "12m5s", below a second "0.125 ms".
std::string SpanOf(const Struct& fields, const std::string& name) {
  const std::optional<double> ms = NumberOf(fields, name);
  if (!ms.has_value()) return "";
  if (*ms < 1000) return absl::StrCat(*ms, " ms");
  return FormatAge(
      std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::duration<double, std::milli>(*ms)));
}

// "12 frames, 1.2 KiB, the last one 3m before the end; Close 1000".
std::string WayOf(const Struct& fields, const std::string& name) {
  const Value* const value = Find(fields, name);
  if (value == nullptr) return "";
  const Struct& way = value->struct_value();
  const bool frames = Find(way, "frames") != nullptr;
  const double count = NumberOf(way, frames ? "frames" : "messages").value_or(0);
  std::string text =
      absl::StrCat(count, frames ? " frames, " : " messages, ", FormatBytes(NumberOf(way, "bytes").value_or(0)));
  if (const std::string idle = SpanOf(way, "idleMs"); !idle.empty()) {
    absl::StrAppend(&text, count > 0 ? ", the last one " : ", silent for ", idle, count > 0 ? " before the end" : "");
  }
  if (const std::string code = CodeOf(way, "closeCode"); !code.empty()) absl::StrAppend(&text, "; Close ", code);
  return text;
}

// Returns who ended a tunnel or connection, by the reason's name in the log.
std::string_view EndedBy(std::string_view end) {
  if (end.starts_with("viewer_") || end == "no_pong" || end == "closed_by_peer" || end == "peer_gone")
    return "the viewer";
  if (end.starts_with("upstream_")) return "the upstream";
  if (end == "admin_close" || end == "closed_by_operator") return "an operator";
  return "";
}

// "authorize" is the message of a request that another proxy asked about.
bool IsRequest(const admin::v1::RecentEnd& end) { return end.kind() == "request" || end.kind() == "authorize"; }

// "403 denied: via_missing", "tunnel: idle_timeout", "connection: slow_consumer, Close 1013".
std::string ReasonOf(const admin::v1::RecentEnd& end) {
  const Struct& fields = end.fields();
  const std::string word = TextOf(fields, "end");
  if (IsRequest(end)) {
    std::string detail = TextOf(fields, "denyReason");
    if (detail.empty()) detail = TextOf(fields, "rule");
    return absl::StrCat(CodeOf(fields, "status"), " ", word.empty() ? "denied" : word, detail.empty() ? "" : ": ",
                        detail);
  }
  if (end.kind() == "tunnel") return absl::StrCat("tunnel: ", word);
  return absl::StrCat("connection: ", word, ", Close ", CodeOf(fields, "code"));
}

}  // namespace

std::string EndText(const admin::v1::RecentEnd& end) {
  const Struct& fields = end.fields();
  const bool connection = !IsRequest(end);
  std::string request = TextOf(fields, "method");
  if (!request.empty()) absl::StrAppend(&request, " ", TextOf(fields, "target"));
  std::vector<std::pair<std::string, std::string>> facts = {
      {"  ended by", connection ? std::string(EndedBy(TextOf(fields, "end"))) : ""},
      {"  facts", TextOf(fields, "facts")},
      {"  rule", connection ? TextOf(fields, "rule") : ""},
      {"  problem", TextOf(fields, "problem")},
      {"  advice", TextOf(fields, "advice")},
      {"  would be denied", TextOf(fields, "wouldDeny")},
      {"  close reason", TextOf(fields, "reason")},
      {connection ? "  open for" : "  took", SpanOf(fields, "durationMs")},
      {"  idle for", SpanOf(fields, "idleMs")},
      {"  from viewer", WayOf(fields, "fromViewer")},
      {"  to viewer", WayOf(fields, "toViewer")},
      {"  from upstream", WayOf(fields, "fromUpstream")},
      {"  our Close", CodeOf(fields, "closeSent")},
      {"  request", request},
      {"  host", TextOf(fields, "host")},
      {"  room", TextOf(fields, "room")},
      {"  viewer address", TextOf(fields, "viewer")},
      {"  edge address", TextOf(fields, "edge")},
      {"  peer address", TextOf(fields, "peer")},
      {"  asked by", TextOf(fields, "proxy")},
      {"  tunnel", TextOf(fields, "tunnel")},
      {"  connection", TextOf(fields, "id")},
      {"  cloudfront id", TextOf(fields, "cloudfrontId")},
      {"  trace id", TextOf(fields, "traceId")},
      {"  user agent", TextOf(fields, "userAgent")},
      {"  task", end.task()},
  };
  std::erase_if(facts, [](const auto& fact) { return fact.second.empty(); });
  return absl::StrCat(FormatTime(FromProto(end.time())), "  ", Escape(ReasonOf(end)), "\n",
                      RenderFields(std::move(facts)));
}

}  // namespace viaduct::ctl
