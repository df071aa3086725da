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
#include "origin/http/compression.h"
#include "origin/http/http_answer.h"
#include "origin/http/http_connection.h"
#include "origin/message/frame_deflater.h"
#include "origin/message/uuid.h"
#include "origin/session/chat_session.h"
#include "websocket/frame.h"
#include "websocket/opcode.h"

namespace viaduct {
namespace {

// Larger than the suite's largest message, 16 MiB.
constexpr std::size_t kMaxMessageBytes = std::size_t{64} << 20;
constexpr auto kTimeout = std::chrono::minutes(1);

class EchoServer final : private origin::HttpConnection::Owner, private origin::ChatSession::Owner {
 public:
  EchoServer(net::EventLoop* loop, net::UniqueFd socket, websocket::DeflateContext client_context)
      : loop_(loop),
        buffer_(64 * 1024 + websocket::kMaxFrameHeaderBytes),
        fields_(http::HeadLimits().max_fields),
        compression_{.enabled = true, .policy = {.client_context = client_context}, .min_message_bytes = 1},
        deflater_(compression_.min_message_bytes, &counters_),
        inflater_(15, websocket::DeflateContext::kNone),
        http_setting_{.loop = loop,
                      .owner = this,
                      .files = {},
                      .limits = http::HeadLimits(),
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
                         .byte_rate = {},
                         .read_buffer = buffer_,
                         .inflater = &inflater_},
        listener_(loop, std::move(socket), [this](net::UniqueFd fd, const net::SocketAddress& peer) {
          auto connection = std::make_unique<origin::HttpConnection>(&http_setting_, std::move(fd), peer,
                                                                     origin::HttpConnection::Admission::kServed);
          origin::HttpConnection* const key = connection.get();
          connections_[key] = std::move(connection);
        }) {}

 private:
  // HttpConnection::Owner
  origin::HttpSituation Situation() override { return {.date = "Thu, 01 Jan 1970 00:00:00 GMT"}; }
  std::optional<origin::UpgradeRefusal> OnUpgrade(origin::HttpConnection* connection, const http::RequestHead& head,
                                                  std::string_view key, const origin::RoomQuery&,
                                                  std::span<char> early) override {
    const std::optional<websocket::DeflateAgreement> deflate = origin::AgreeOnCompression(head, compression_);
    auto session = std::make_unique<origin::ChatSession>(&session_setting_, connection->TakeSocket(), uuids_.Next(),
                                                         ++last_number_, origin::ViewerInfo(head, connection->peer()),
                                                         origin::Dialect::kPlain, deflate);
    origin::ChatSession* const started = session.get();
    sessions_[started] = std::move(session);
    started->Start(origin::SwitchingProtocols(key, deflate ? deflate->Answer() : ""), origin::ClientFrames(), early);
    OnEnded(connection);
    return std::nullopt;
  }
  void OnUpgradeRefused(origin::UpgradeRefusal) override {}
  void OnBadHead(http::HeadError) override {}
  void OnEnded(origin::HttpConnection* connection) override {
    loop_->Retire(std::move(connections_[connection]));
    connections_.erase(connection);
  }

  // ChatSession::Owner
  void OnMessage(origin::ChatSession* session, bool binary, std::string_view payload) override {
    std::string frame = websocket::EncodeFrame(binary ? websocket::Opcode::kBinary : websocket::Opcode::kText, payload);
    const int window_bits = session->format().window_bits;
    if (window_bits != 0) frame = deflater_.Deflate(frame, window_bits).frames;
    const auto shared = std::make_shared<const std::string>(std::move(frame));
    session->DeliverPart(shared, 0, shared->size(), 1, payload.size());
  }
  void OnTurnNeeded(origin::ChatSession* session) override {
    if (to_finish_.empty()) loop_->AtTurnEnd([this] { FinishTurn(); });
    to_finish_.push_back(session);
  }
  void OnDeliveryEnded(origin::ChatSession*) override {}
  void OnEnded(origin::ChatSession* session) override {
    loop_->Retire(std::move(sessions_[session]));
    sessions_.erase(session);
  }

  void FinishTurn() {
    // Grows during the loop, as in the chat.
    for (std::size_t i = 0; i < to_finish_.size(); ++i) to_finish_[i]->FinishTurn();
    to_finish_.clear();
  }

  net::EventLoop* const loop_;
  std::vector<char> buffer_;
  std::vector<http::Field> fields_;
  const origin::Compression compression_;
  origin::DeflateCounters counters_;
  origin::FrameDeflater deflater_;
  websocket::Inflater inflater_;
  const origin::HttpConnection::Setting http_setting_;
  const origin::ChatSession::Setting session_setting_;
  origin::UuidSource uuids_;
  std::uint64_t last_number_ = 0;
  std::unordered_map<origin::HttpConnection*, std::unique_ptr<origin::HttpConnection>> connections_;
  std::unordered_map<origin::ChatSession*, std::unique_ptr<origin::ChatSession>> sessions_;
  std::vector<origin::ChatSession*> to_finish_;
  net::Listener listener_;
};

int Serve(bool client_context) {
  auto loop = net::EventLoop::Create();
  auto socket = net::BindListener(*net::SocketAddress::Parse("127.0.0.1:0"));
  if (!loop.ok() || !socket.ok()) {
    std::cerr << "conformance-echo: cannot listen on 127.0.0.1\n";
    return 1;
  }
  std::cout << net::SocketAddress::OfSocket(socket->get()).ToString() << '\n' << std::flush;
  const EchoServer server(loop->get(), *std::move(socket),
                          client_context ? websocket::DeflateContext::kTakenOver : websocket::DeflateContext::kNone);
  (*loop)->Run();
  return 0;
}

}  // namespace
}  // namespace viaduct

int main(int argc, char** argv) { return viaduct::Serve(argc > 1 && std::string_view(argv[1]) == "--client-context"); }
