// The request side of a session: from a whole head to the last byte for the upstream.

#include <cerrno>
#include <utility>

#include "sidecar/request/decision.h"
#include "sidecar/request/forwarding.h"
#include "sidecar/session/session.h"
#include "websocket/handshake.h"

namespace viaduct::sidecar {
namespace {

// What a chunk's header and end may add to its content.
constexpr std::size_t kChunkOverhead = 32;

bool IsIdempotent(std::string_view method) {
  return method == "GET" || method == "HEAD" || method == "OPTIONS" || method == "PUT" || method == "DELETE";
}

}  // namespace

void Session::RefuseHead(http::HeadError error) {
  context_->metrics().heads_refused[static_cast<std::size_t>(error)].Add();
  Answer(DecideBrokenHead(error));
}

void Session::HandleHead(std::size_t head_size) {
  first_request_ = false;
  exchange_ = Exchange{};
  if (config_ != context_->shared_config()) config_ = context_->shared_config();
  http::RequestHead head;
  const auto error = http::ParseRequestHead(from_viewer_.view().substr(0, head_size), config_->head_limits,
                                            context_->field_storage(), &head);
  if (error.has_value()) {
    RefuseHead(*error);
    return;
  }
  record_.NoteRequest(head);
  exchange_.head_request = head.method == "HEAD";
  exchange_.keep_alive = head.keep_alive;
  exchange_.viewer_minor_version = head.minor_version;
  const filter::Policy& policy = *config_->policy;
  const RequestRules rules{.policy = policy, .routes = config_->routes, .health_path = config_->health_path};
  const RequestDecision decision = Decide(rules, head, connection_, context_->health());
  std::array<char, ip::IpAddress::kMaxTextSize> viewer_text;
  std::string_view viewer;
  if (decision.verdict.has_value()) {
    const filter::Verdict& verdict = *decision.verdict;
    if (verdict.viewer.has_value()) viewer = {viewer_text.data(), verdict.viewer->Format(viewer_text.data())};
    const std::string_view secret_generation = policy.secret().NameOf(verdict.secret_generation);
    record_.NoteVerdict(verdict, viewer, secret_generation);
    context_->metrics().CountVerdict(verdict, secret_generation);
  }
  if (decision.action == RequestDecision::Action::kAnswer) {
    ConsumeHead(head_size);
    Answer(decision);
    return;
  }
  exchange_.route = decision.route;
  exchange_.upgrade = decision.action == RequestDecision::Action::kUpgrade;
  if (exchange_.upgrade) exchange_.accept = websocket::AcceptValue(decision.websocket_key);
  Forward(head, viewer);
  ConsumeHead(head_size);
  ConnectUpstream();
}

void Session::Answer(const RequestDecision& decision) {
  if (!decision.rule.empty()) record_.NoteRule(decision.rule);
  Reply(decision.end, decision.reply, decision.after);
}

void Session::ConsumeHead(std::size_t head_size) {
  from_viewer_.Consume(head_size);
  request_finder_.Reset();
}

// Queues the head for the upstream.
void Session::Forward(const http::RequestHead& head, std::string_view viewer_address) {
  exchange_.request_body = http::BodyReader(head.body);
  exchange_.request_chunked = head.body.kind == http::BodyLength::Kind::kChunked;
  exchange_.request_complete = exchange_.request_body.complete();
  exchange_.retriable = exchange_.request_complete && !exchange_.upgrade && IsIdempotent(head.method);
  std::string* text = context_->head_scratch();
  text->clear();
  AppendUpstreamHead(head, viewer_address, config_->policy->secret().header(),
                     exchange_.upgrade ? UpgradeForwarding::kWebSocket : UpgradeForwarding::kNone, text);
  to_upstream_.Append(*text);
}

const Upstream& Session::upstream() const { return config_->routes.upstreams()[exchange_.route->upstream]; }

void Session::ConnectUpstream() {
  if (!exchange_.upgrade) upstream_ = context_->upstream_pool(exchange_.route->upstream)->Take(this);
  if (!upstream_) {
    OpenConnection();
    return;
  }
  exchange_.reused_connection = true;
  context_->metrics().upstream_reused.Add();
  if (exchange_.retriable) retry_head_.assign(to_upstream_.view());
  phase_ = Phase::kExchange;
  exchange_.forwarded = context_->loop()->now();
  SetExchangeDeadline(true);
}

void Session::OpenConnection() {
  exchange_.reused_connection = false;
  context_->metrics().upstream_connections.Add();
  net::UniqueFd fd = net::StreamSocket::StartConnect(upstream().address);
  const bool connected = errno == 0;
  if (!fd) {
    context_->upstream_health()->NoteConnectError(upstream().name, errno);
    Reply(EndReason::kUpstreamConnectFailed);
    return;
  }
  upstream_.reset(new net::StreamSocket(context_->loop(), std::move(fd), this));
  if (connected) upstream_->SetConnected();
  phase_ = Phase::kConnecting;
  timer_.SetAfter(upstream().connect_timeout);
}

bool Session::PumpRequest() {
  bool progress = false;
  if (!exchange_.request_complete) progress = PumpRequestBody();
  if (phase_ == Phase::kExchange) FlushToUpstream();
  return progress;
}

bool Session::PumpRequestBody() {
  bool progress = false;
  while (!exchange_.request_complete && to_upstream_.room() > kChunkOverhead) {
    const std::string_view bytes = from_viewer_.view().substr(0, to_upstream_.room() - kChunkOverhead);
    const http::BodyReader::Piece piece = exchange_.request_body.Next(bytes);
    switch (piece.kind) {
      case http::BodyReader::Piece::Kind::kNeedMore:
        if (!viewer_ended_ || bytes.size() < from_viewer_.size()) return progress;
        Abort(EndReason::kDownstreamDisconnect);
        return true;
      case http::BodyReader::Piece::Kind::kError:
        record_.NoteRule("bad_chunk");
        if (exchange_.response_head_done) {
          Abort(EndReason::kBadRequestBody);
        } else {
          Reply(EndReason::kBadRequestBody);
        }
        return true;
      case http::BodyReader::Piece::Kind::kContent: {
        exchange_.figures.request_body_bytes += piece.size;
        if (exchange_.upstream_write_failed) break;
        std::string chunk;
        if (exchange_.request_chunked) http::AppendChunkHeader(&chunk, piece.size);
        to_upstream_.Append(chunk);
        to_upstream_.Append(bytes.substr(0, piece.size));
        if (exchange_.request_chunked) to_upstream_.Append(http::kChunkEnd);
        break;
      }
      case http::BodyReader::Piece::Kind::kFraming:
      case http::BodyReader::Piece::Kind::kEnd:
        break;
    }
    from_viewer_.Consume(piece.size);
    progress = true;
    if (exchange_.request_body.complete()) {
      if (exchange_.request_chunked && !exchange_.upstream_write_failed) to_upstream_.Append(http::kLastChunk);
      exchange_.request_complete = true;
    }
    FlushToUpstream();
  }
  return progress;
}

}  // namespace viaduct::sidecar
