#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "http/head.h"
#include "ops/log/log_line.h"
#include "ops/log/log_sink.h"
#include "ops/log/recent_lines.h"
#include "origin/message/uuid.h"
#include "origin/session/chat_session.h"
#include "text/redaction.h"
#include "text/text_buffer.h"

namespace viaduct::origin {

// The chat's log lines; members and their order are kept for existing readers. Gathers the lines of a turn.
//
// Not thread-safe; each worker has its own.
class ChatLog {
 public:
  using Time = std::chrono::system_clock::time_point;

  // Shows the queries of handshakes as `query` allows.
  explicit ChatLog(text::QueryRedaction query, ops::LogLines lines = ops::LogLines())
      : query_(std::move(query)), lines_(std::move(lines)) {}

  // "ws connected". Fields missing from the handshake are left out; the lines of a repeated field are joined.
  void Connected(Time now, const Uuid& id, const http::RequestHead& head, int client_count);
  // "ws message received".
  void Received(Time now, const Uuid& id, std::size_t bytes, bool binary);
  // "ws message broadcasted"; `recipients` excludes the sender.
  void Broadcasted(Time now, const Uuid& id, int recipients);
  // A connection that has ended.
  struct Ended {
    std::uint16_t code;  // of the client's Close, 1006 if there was none
    std::string_view reason;
    int client_count;
    std::string_view room;
    std::string_view viewer;         // its verified address, or ""
    std::string_view cloudfront_id;  // "" if there was none
    std::string_view end;            // the name of its Disconnect
    std::chrono::nanoseconds duration;
    std::chrono::nanoseconds idle;  // since the client's last message, or since its connect if there was none
    ChatSession::Counts counts;
  };
  // "ws closed". Also kept among the recent ends.
  void Closed(Time now, const Uuid& id, const Ended& ended);

  // The latest lines of Closed.
  const ops::RecentLines& recent_ends() const { return recent_ends_; }

  // Returns the lines since the last Flush.
  std::string_view text() const { return text_.view(); }
  // Writes them in one call.
  void Flush(ops::LogSink* sink);

 private:
  ops::JsonLine Start(Time now, const Uuid& id);

  // Two consecutive lines are often of one connection: the member "id":"a83b55ae-…" as it was rendered last.
  Uuid last_id_;
  std::string last_id_member_;
  const text::QueryRedaction query_;
  ops::LogLines lines_;
  text::TextBuffer text_;
  ops::RecentLines recent_ends_;
};

}  // namespace viaduct::origin
