// conformance-echo [--client-context]: the chat's own HTTP, session and compression, answering each message with
// itself. Prints the port of 127.0.0.1 that it listens on, then serves until it is killed. For tests only.
//
// --client-context lets clients take their compression's context over.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iostream>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "http/field.h"
#include "http/head.h"
#include "net/event_loop.h"
#include "net/listener.h"
#include "origin/http/http_answer.h"
#include "origin/http/http_connection.h"
#include "origin/message/compression.h"
#include "origin/message/frame_deflater.h"
#include "origin/message/uuid.h"
#include "origin/session/chat_session.h"
#include "websocket/frame.h"
#include "websocket/opcode.h"

namespace viaduct {
namespace {

// More than the suite's largest message, 16 MiB.
constexpr std::size_t kMaxMessageBytes = std::size_t{64} << 20;
constexpr auto kTimeout = std::chrono::minutes(1);

class EchoServer final : private HttpConnection::Owner, private ChatSession::Owner {
 public:
  EchoServer(EventLoop* loop, UniqueFd socket, DeflateContext client_context)
      : loop_(loop),
        buffer_(64 * 1024 + kMaxFrameHeaderBytes),
        fields_(HeadLimits().max_fields),
        compression_{.enabled = true, .policy = {.client_context = client_context}, .min_message_bytes = 1},
        deflater_(compression_.min_message_bytes, &counters_),
        inflater_(15, DeflateContext::kNone),
        http_setting_{.loop = loop,
                      .owner = this,
                      .files = {},
                      .limits = HeadLimits(),
                      .request_head_timeout = kTimeout,
                      .keep_alive_timeout = kTimeout,
                      .read_buffer = buffer_,
                      .fields = fields_},
        session_setting_{.loop = loop,
                         .owner = this,
                         .limits = {.max_message_bytes = kMaxMessageBytes, .max_fragments = 1 << 20},
                         .max_outbound_bytes = 4 * kMaxMessageBytes,
                         .close_timeout = kTimeout,
                         .message_timeout = 10 * kTimeout,
                         .message_rate = {},
                         .read_buffer = buffer_,
                         .inflater = &inflater_},
        listener_(loop, std::move(socket), [this](UniqueFd fd, const SocketAddress& peer) {
          auto connection =
              std::make_unique<HttpConnection>(&http_setting_, std::move(fd), peer, HttpConnection::Admission::kServed);
          HttpConnection* const key = connection.get();
          connections_[key] = std::move(connection);
        }) {}

 private:
  // HttpConnection::Owner
  HttpSituation Situation() override { return {.date = "Thu, 01 Jan 1970 00:00:00 GMT"}; }
  std::optional<UpgradeRefusal> OnUpgrade(HttpConnection* connection, const RequestHead& head, std::string_view key,
                                          const RoomQuery&, std::span<char> early) override {
    const std::optional<DeflateAgreement> deflate = AgreeOnCompression(head, compression_);
    auto session =
        std::make_unique<ChatSession>(&session_setting_, connection->TakeSocket(), uuids_.Next(), ++last_number_,
                                      Visitor(head, connection->peer()), Dialect::kPlain, deflate);
    ChatSession* const started = session.get();
    sessions_[started] = std::move(session);
    started->Start(SwitchingProtocols(key, deflate ? deflate->Answer() : ""), ClientFrames(), early);
    OnEnded(connection);
    return std::nullopt;
  }
  void OnUpgradeRefused(UpgradeRefusal) override {}
  void OnBadHead(HeadError) override {}
  void OnEnded(HttpConnection* connection) override {
    loop_->Retire(std::move(connections_[connection]));
    connections_.erase(connection);
  }

  // ChatSession::Owner
  void OnMessage(ChatSession* session, bool binary, std::string_view payload) override {
    std::string frame = EncodeFrame(binary ? Opcode::kBinary : Opcode::kText, payload);
    const int window_bits = session->form().window_bits;
    if (window_bits != 0) frame = deflater_.Deflate(frame, window_bits).frames;
    const auto shared = std::make_shared<const std::string>(std::move(frame));
    session->DeliverPart(shared, 0, shared->size(), 1, payload.size());
  }
  void OnTurnNeeded(ChatSession* session) override {
    if (to_finish_.empty()) loop_->AtTurnEnd([this] { FinishTurn(); });
    to_finish_.push_back(session);
  }
  void OnDeliveryEnded(ChatSession*) override {}
  void OnEnded(ChatSession* session) override {
    loop_->Retire(std::move(sessions_[session]));
    sessions_.erase(session);
  }

  void FinishTurn() {
    // Grows while it is walked, as in the chat.
    for (std::size_t i = 0; i < to_finish_.size(); ++i) to_finish_[i]->FinishTurn();
    to_finish_.clear();
  }

  EventLoop* const loop_;
  std::vector<char> buffer_;
  std::vector<Field> fields_;
  const Compression compression_;
  DeflateCounters counters_;
  FrameDeflater deflater_;
  Inflater inflater_;
  const HttpConnection::Setting http_setting_;
  const ChatSession::Setting session_setting_;
  UuidSource uuids_;
  std::uint64_t last_number_ = 0;
  std::unordered_map<HttpConnection*, std::unique_ptr<HttpConnection>> connections_;
  std::unordered_map<ChatSession*, std::unique_ptr<ChatSession>> sessions_;
  std::vector<ChatSession*> to_finish_;
  Listener listener_;
};

int Serve(bool client_context) {
  auto loop = EventLoop::Create();
  auto socket = BindListener(*SocketAddress::Parse("127.0.0.1:0"));
  if (!loop.ok() || !socket.ok()) {
    std::cerr << "conformance-echo: cannot listen on 127.0.0.1\n";
    return 1;
  }
  std::cout << SocketAddress::OfSocket(socket->get()).ToString() << std::endl;
  const EchoServer server(loop->get(), *std::move(socket),
                          client_context ? DeflateContext::kTakenOver : DeflateContext::kNone);
  (*loop)->Run();
  return 0;
}

}  // namespace
}  // namespace viaduct

int main(int argc, char** argv) { return viaduct::Serve(argc > 1 && std::string_view(argv[1]) == "--client-context"); }
