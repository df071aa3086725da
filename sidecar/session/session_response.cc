// The response side of a session: from the upstream's first byte to the last for the viewer.

#include <utility>

#include "sidecar/request/forwarding.h"
#include "sidecar/request/upgrade.h"
#include "sidecar/session/session.h"

namespace viaduct::sidecar {
namespace {

constexpr std::size_t kChunkOverhead = 32;

}  // namespace

bool Session::PumpResponse() {
  if (!FlushToViewer()) {
    Abort(EndReason::kDownstreamDisconnect);
    return true;
  }
  if (exchange_.response_complete) return false;
  bool progress = false;
  if (!exchange_.response_head_done) progress = ReadResponseHead();
  // What came of the body with the head leaves with it.
  if (phase_ == Phase::kExchange && exchange_.response_head_done) progress |= PumpResponseBody();
  if (phase_ != Phase::kExchange) return true;
  if (!FlushToViewer()) {
    Abort(EndReason::kDownstreamDisconnect);
    return true;
  }
  return progress;
}

bool Session::ReadResponseHead() {
  if (!to_viewer_.empty()) return false;  // an interim response: the block must be free for the next head
  std::optional<http::HeadError> error;
  std::optional<std::size_t> size;
  if (!from_upstream_.empty()) size = response_finder_.Find(from_upstream_.view(), &error);
  if (!size.has_value() && from_upstream_.size() >= config_->head_limits.max_head_bytes) {
    error = http::HeadError::kTooLarge;
  }
  if (error.has_value()) {
    record_.NoteRule(http::HeadErrorName(*error));
    Reply(EndReason::kBadUpstreamResponse);
    return true;
  }
  if (size.has_value()) return TakeResponseHead(*size);
  switch (FillFromUpstream()) {
    case Fill::kRead:
      return true;
    case Fill::kNothing:
      return false;
    case Fill::kEnded:
      return UpstreamEnded(false);
    case Fill::kFailed:
      return UpstreamEnded(true);
  }
  return false;
}

bool Session::TakeResponseHead(std::size_t size) {
  http::ResponseHead head;
  const auto error =
      http::ParseResponseHead(from_upstream_.view().substr(0, size), exchange_.head_request ? "HEAD" : "GET",
                              config_->head_limits, context_->field_storage(), &head);
  if (error.has_value()) {
    record_.NoteRule(http::HeadErrorName(*error));
    Reply(EndReason::kBadUpstreamResponse);
    return true;
  }
  if (head.status == 101) {
    if (exchange_.upgrade && AnswersUpgrade(head, {exchange_.accept.data(), exchange_.accept.size()})) {
      BecomeTunnel(size, head);
    } else {
      Reply(EndReason::kBadUpstreamUpgrade);
    }
    return true;
  }
  const bool interim = head.status < 200;
  DownstreamFraming framing;
  if (!interim) {
    const bool old_viewer = exchange_.viewer_minor_version == 0;
    exchange_.response_chunked = !old_viewer && (head.body.kind == http::BodyLength::Kind::kChunked ||
                                                 head.body.kind == http::BodyLength::Kind::kUntilClose);
    const bool ends_with_close = old_viewer && head.body.kind != http::BodyLength::Kind::kNone &&
                                 head.body.kind != http::BodyLength::Kind::kContentLength;
    exchange_.close_after = !exchange_.keep_alive || ends_with_close || exchange_.upgrade || context_->draining() ||
                            !exchange_.request_complete || (viewer_ended_ && from_viewer_.empty());
    framing = {.chunked = exchange_.response_chunked,
               .close = exchange_.close_after,
               .keep_alive_field = old_viewer && !exchange_.close_after};
    exchange_.response_body = http::BodyReader(head.body);
    exchange_.response_complete = exchange_.response_body.complete();
    exchange_.response_head_done = true;
    exchange_.upstream_keep_alive = head.keep_alive;
    exchange_.figures.status = head.status;
    exchange_.figures.upstream_time = context_->loop()->now() - exchange_.forwarded;
  }
  // HTTP/1.0 knows no interim responses (RFC 9110 section 15.2).
  if (!interim || exchange_.viewer_minor_version > 0) {
    std::string* text = context_->head_scratch();
    text->clear();
    AppendDownstreamHead(head, framing, text);
    to_viewer_.Append(*text);
  }
  from_upstream_.Consume(size);
  response_finder_.Reset();
  return true;
}

// Reads the upstream once at most, so that a fast one does not hold up the other connections.
bool Session::PumpResponseBody() {
  bool progress = false;
  while (!exchange_.response_complete && to_viewer_.room() > kChunkOverhead) {
    const std::string_view bytes = from_upstream_.view().substr(0, to_viewer_.room() - kChunkOverhead);
    const http::BodyReader::Piece piece = exchange_.response_body.Next(bytes);
    switch (piece.kind) {
      case http::BodyReader::Piece::Kind::kNeedMore:
        if (progress) return true;
        switch (FillFromUpstream()) {
          case Fill::kRead:
            progress = true;
            continue;
          case Fill::kNothing:
            return progress;
          case Fill::kEnded:
            return UpstreamEnded(false);
          case Fill::kFailed:
            return UpstreamEnded(true);
        }
        return progress;
      case http::BodyReader::Piece::Kind::kError:
        record_.NoteRule("bad_chunk");
        Abort(EndReason::kBadUpstreamResponse);
        return true;
      case http::BodyReader::Piece::Kind::kContent: {
        exchange_.figures.response_body_bytes += piece.size;
        std::string chunk;
        if (exchange_.response_chunked) http::AppendChunkHeader(&chunk, piece.size);
        to_viewer_.Append(chunk);
        to_viewer_.Append(bytes.substr(0, piece.size));
        if (exchange_.response_chunked) to_viewer_.Append(http::kChunkEnd);
        break;
      }
      case http::BodyReader::Piece::Kind::kFraming:
      case http::BodyReader::Piece::Kind::kEnd:
        break;
    }
    from_upstream_.Consume(piece.size);
    progress = true;
    if (exchange_.response_body.complete()) {
      if (exchange_.response_chunked) to_viewer_.Append(http::kLastChunk);
      exchange_.response_complete = true;
    }
    if (!FlushToViewer()) {
      Abort(EndReason::kDownstreamDisconnect);
      return true;
    }
  }
  return progress;
}

// The upstream closed (or `failed`: reset) its connection.
bool Session::UpstreamEnded(bool failed) {
  if (exchange_.response_head_done) {
    if (failed || !exchange_.response_body.EndsWithConnection()) {
      Abort(EndReason::kUpstreamReset);
      return true;
    }
    if (exchange_.response_chunked) to_viewer_.Append(http::kLastChunk);
    exchange_.response_complete = true;
    exchange_.upstream_keep_alive = false;
    return true;
  }
  if (exchange_.reused_connection && exchange_.retriable && !exchange_.response_begun) {
    // It was closing while we took it from the pool: the upstream has not seen this request (RFC 9110 section 9.2.2).
    DropUpstream();
    context_->metrics().upstream_retries.Add();
    exchange_.awaiting_response = exchange_.upstream_write_failed = false;
    to_upstream_.Append(retry_head_);
    OpenConnection();
    return true;
  }
  Reply(EndReason::kUpstreamReset);
  return true;
}

void Session::BecomeTunnel(std::size_t head_size, const http::ResponseHead& head) {
  std::string* text = context_->head_scratch();
  text->clear();
  AppendDownstreamHead(head, {}, text);
  const bool extended = !http::FirstField(head.fields, http::FieldName::kSecWebSocketExtensions).empty();
  context_->metrics().upgrade_seconds.Observe(context_->loop()->now() - record_.begin());
  Tunnel::Start start{.config = config_,
                      .route = exchange_.route,
                      .viewer = std::move(viewer_),
                      .upstream = std::move(upstream_),
                      .record = std::move(record_),
                      .to_viewer = *text,
                      .from_viewer = from_viewer_.view(),
                      .from_upstream = from_upstream_.view().substr(head_size),
                      .rsv1 = extended ? websocket::Rsv1::kAllowed : websocket::Rsv1::kRefused};
  owner_->OnUpgraded(this, std::move(start));
  End();
}

bool Session::FinishExchange() {
  LogExchange(EndReason::kCompleted);
  if (exchange_.figures.upstream_time.has_value()) {
    context_->metrics().response_seconds.Observe(*exchange_.figures.upstream_time);
  }
  const bool upstream_reusable = exchange_.upstream_keep_alive && exchange_.request_complete && !exchange_.upgrade &&
                                 !exchange_.upstream_write_failed && to_upstream_.empty() && from_upstream_.empty();
  // The pools are those of the settings in force.
  if (upstream_reusable && config_ == context_->shared_config()) {
    context_->upstream_pool(exchange_.route->upstream)->Give(std::move(upstream_));
  }
  const bool close = exchange_.close_after;
  DropUpstream();
  exchange_ = Exchange{};
  if (close) {
    Linger();
  } else {
    AwaitNextHead();
  }
  return true;
}

}  // namespace viaduct::sidecar
