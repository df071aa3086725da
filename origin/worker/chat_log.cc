#include "origin/worker/chat_log.h"

#include <optional>

#include "http/field.h"
#include "ops/log/json_line.h"

namespace viaduct::origin {
namespace {

// Memory kept between turns; the rest is freed after a burst.
constexpr std::size_t kKeptBytes = 64 * 1024;

// Bytes of a value from the wire in a line, escapes included. All of them together stay far below the 16 KiB at which
// container runtimes split a line.
constexpr std::size_t kMaxTarget = 1024;
constexpr std::size_t kMaxField = 1024;

// Returns the values of all lines of a field, joined by RFC 9110 section 5.2; nullopt if there is none. Views the
// field, or `storage` where there are several.
std::optional<std::string_view> JoinedField(const http::RequestHead& head, http::FieldName name, std::string* storage) {
  std::optional<std::string_view> joined;
  for (const http::Field& field : head.fields) {
    if (field.known != name) continue;
    if (!joined) {
      joined = field.value;
    } else {
      *storage = std::string(*joined).append(", ").append(field.value);
      joined = *storage;
    }
  }
  return joined;
}

}  // namespace

ops::JsonLine ChatLog::Start(Time now, const Uuid& id) {
  if (last_id_member_.empty() || last_id_ != id) {
    const auto id_text = id.Text();
    last_id_member_.assign(R"("id":")").append(id_text.data(), id_text.size()).push_back('"');
    last_id_ = id;
  }
  ops::JsonLine line = lines_.Start(&text_, ops::LogLevel::kInfo, now);
  line.Rendered(last_id_member_);
  return line;
}

void ChatLog::Connected(Time now, const Uuid& id, const http::RequestHead& head, int client_count) {
  ops::JsonLine line = Start(now, id);
  std::string url;
  line.String("url", ops::FrontForLog(query_.Redact(head.target.substr(0, kMaxTarget), &url), kMaxTarget));
  const auto add = [&](const ops::JsonKey& key, http::FieldName name) {
    std::string storage;
    if (const auto value = JoinedField(head, name, &storage)) line.String(key, ops::FrontForLog(*value, kMaxField));
  };
  add("userAgent", http::FieldName::kUserAgent);
  add("forwardedFor", http::FieldName::kXForwardedFor);
  add("cloudfrontId", http::FieldName::kXAmzCfId);
  line.Int("clientCount", client_count);
  line.End("ws connected");
}

void ChatLog::Received(Time now, const Uuid& id, std::size_t bytes, bool binary) {
  ops::JsonLine line = Start(now, id);
  line.Uint("bytes", bytes).Bool("isBinary", binary);
  line.End("ws message received");
}

void ChatLog::Broadcasted(Time now, const Uuid& id, int recipients) {
  ops::JsonLine line = Start(now, id);
  line.Int("broadcastCount", recipients);
  line.End("ws message broadcasted");
}

void ChatLog::Closed(Time now, const Uuid& id, const Ended& ended) {
  const std::size_t begin = text_.view().size();
  ops::JsonLine line = Start(now, id);
  line.Uint("code", ended.code).String("reason", ended.reason).Int("clientCount", ended.client_count);
  line.String("end", ended.end).String("room", ended.room.empty() || query_.Shows("room") ? ended.room : "***");
  if (!ended.viewer.empty()) line.String("viewer", ended.viewer);
  if (!ended.cloudfront_id.empty()) line.String("cloudfrontId", ended.cloudfront_id);
  line.Millis("durationMs", ended.duration).Millis("idleMs", ended.idle);
  const auto add = [&line](const ops::JsonKey& key, std::uint64_t messages, std::uint64_t bytes) {
    line.BeginObject(key).Uint("messages", messages).Uint("bytes", bytes).EndObject();
  };
  add("fromViewer", ended.counts.messages_received, ended.counts.bytes_received);
  add("toViewer", ended.counts.messages_sent, ended.counts.bytes_sent);
  line.End("ws closed");
  recent_ends_.Keep(ops::RecentLines::Kind::kConnection, text_.view().substr(begin));
}

void ChatLog::Flush(ops::LogSink* sink) {
  if (text_.empty()) return;
  sink->Write(text_.view());
  text_.Clear();
  if (text_.capacity() > kKeptBytes) text_ = text::TextBuffer();
}

}  // namespace viaduct::origin
