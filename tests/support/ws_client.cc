#include "tests/support/ws_client.h"

#include <sys/socket.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket.hpp>
#include <deque>
#include <optional>

#include "absl/strings/str_cat.h"

namespace viaduct {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
namespace websocket = boost::beast::websocket;
using boost::system::error_code;
using Stream = websocket::stream<beast::basic_stream<asio::generic::stream_protocol>>;

absl::StatusOr<asio::generic::stream_protocol::endpoint> ParseEndpoint(const std::string& address) {
  if (address.rfind("unix:", 0) == 0) return asio::local::stream_protocol::endpoint(address.substr(5));
  const std::size_t colon = address.rfind(':');
  if (colon == std::string::npos) return absl::InvalidArgumentError(absl::StrCat("no port in ", address));
  std::string host = address.substr(0, colon);
  if (host.size() > 2 && host.front() == '[') host = host.substr(1, host.size() - 2);
  error_code error;
  const auto ip = asio::ip::make_address(host, error);
  if (error) return absl::InvalidArgumentError(absl::StrCat(address, ": ", error.message()));
  return asio::ip::tcp::endpoint(ip, static_cast<std::uint16_t>(std::stoi(address.substr(colon + 1))));
}

}  // namespace

struct WsClient::Impl {
  explicit Impl(const Options& o) : options(o), ws(io) {}

  // Runs until `done` is set or the time is over.
  absl::Status RunUntil(const std::optional<error_code>& done, std::chrono::milliseconds timeout) {
    const auto deadline = std::chrono::steady_clock::now() + timeout;
    io.restart();
    while (!done && io.run_one_until(deadline) > 0) {
    }
    if (!done) return absl::DeadlineExceededError("the server did nothing in time");
    if (*done) return absl::UnavailableError(done->message());
    return absl::OkStatus();
  }

  // Starts an operation that reports its error code first, and waits for it. What the operation refers to must live as
  // long as the stream: after a timeout it may still go on.
  template <typename Start>
  absl::Status Do(Start start) {
    auto done = std::make_shared<std::optional<error_code>>();
    start([done](error_code error, auto&&...) { *done = error; });
    return RunUntil(*done, options.timeout);
  }

  absl::Status Send(bool binary, bool fin, std::string_view part) {
    sent.assign(part);
    ws.binary(binary);
    return Do([&](auto token) { ws.async_write_some(fin, asio::buffer(sent), token); });
  }

  Options options;
  asio::io_context io{1};
  Stream ws;
  websocket::response_type response;
  std::string sent;
  beast::flat_buffer read_buffer;
  bool reading = false;
  std::optional<error_code> read_done;
  std::deque<std::string> pongs;
  int pings = 0;
};

WsClient::WsClient(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
WsClient::~WsClient() = default;

absl::StatusOr<std::unique_ptr<WsClient>> WsClient::Connect(const std::string& address) {
  return Connect(address, Options());
}

absl::StatusOr<std::unique_ptr<WsClient>> WsClient::Connect(const std::string& address, const Options& options) {
  const auto endpoint = ParseEndpoint(address);
  if (!endpoint.ok()) return endpoint.status();
  auto impl = std::make_unique<Impl>(options);
  auto& socket = impl->ws.next_layer().socket();
  error_code error;
  socket.open(endpoint->protocol(), error);
  if (!error && options.receive_buffer_bytes > 0) {
    socket.set_option(asio::socket_base::receive_buffer_size(options.receive_buffer_bytes), error);
  }
  if (!error) socket.connect(*endpoint, error);
  if (!error && endpoint->protocol().family() != AF_UNIX) socket.set_option(asio::ip::tcp::no_delay(true), error);
  if (error) return absl::UnavailableError(absl::StrCat("connect to ", address, ": ", error.message()));

  impl->response.result(0u);  // until there is an answer
  Stream& ws = impl->ws;
  ws.auto_fragment(false);
  ws.read_message_max(256 << 20);
  websocket::permessage_deflate deflate;
  deflate.client_enable = options.offer_deflate;
  ws.set_option(deflate);
  ws.set_option(websocket::stream_base::decorator([&options](websocket::request_type& request) {
    for (const auto& [name, value] : options.fields) {
      if (beast::iequals(name, "host") || beast::iequals(name, "user-agent")) request.erase(name);
    }
    for (const auto& [name, value] : options.fields) request.insert(name, value);
  }));
  ws.control_callback([impl = impl.get()](websocket::frame_type kind, beast::string_view payload) {
    if (kind == websocket::frame_type::ping) ++impl->pings;
    if (kind == websocket::frame_type::pong) impl->pongs.emplace_back(payload);
  });
  const absl::Status shaken =
      impl->Do([&](auto token) { ws.async_handshake(impl->response, "localhost", options.target, token); });
  if (!shaken.ok() && impl->response.result_int() != 0 && impl->response.result_int() != 101) {
    return absl::FailedPreconditionError(absl::StrCat("HTTP ", impl->response.result_int()));
  }
  if (!shaken.ok()) return shaken;
  return std::unique_ptr<WsClient>(new WsClient(std::move(impl)));
}

absl::Status WsClient::SendText(std::string_view text) { return impl_->Send(false, true, text); }
absl::Status WsClient::SendBinary(std::string_view bytes) { return impl_->Send(true, true, bytes); }
absl::Status WsClient::SendUnfinished(std::string_view part) { return impl_->Send(false, false, part); }

absl::Status WsClient::SendFragments(const std::vector<std::string>& parts) {
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const absl::Status sent = impl_->Send(false, i + 1 == parts.size(), parts[i]);
    if (!sent.ok()) return sent;
  }
  return absl::OkStatus();
}

absl::Status WsClient::SendPing(std::string_view payload) {
  const websocket::ping_data data(payload.data(), payload.size());
  return impl_->Do([&](auto token) { impl_->ws.async_ping(data, token); });
}

absl::Status WsClient::SendPong(std::string_view payload) {
  const websocket::ping_data data(payload.data(), payload.size());
  return impl_->Do([&](auto token) { impl_->ws.async_pong(data, token); });
}

absl::StatusOr<WsClient::Message> WsClient::Receive() { return Receive(impl_->options.timeout); }

absl::StatusOr<WsClient::Message> WsClient::Receive(std::chrono::milliseconds timeout) {
  Impl* impl = impl_.get();
  if (!impl->reading) {
    impl->reading = true;
    impl->read_done.reset();
    impl->ws.async_read(impl->read_buffer, [impl](error_code error, std::size_t) { impl->read_done = error; });
  }
  const absl::Status received = impl->RunUntil(impl->read_done, timeout);
  if (absl::IsDeadlineExceeded(received)) return received;
  impl->reading = false;
  if (*impl->read_done == websocket::error::closed) return absl::OutOfRangeError("closed by the server");
  if (!received.ok()) return received;
  Message message{.binary = impl->ws.got_binary(), .payload = beast::buffers_to_string(impl->read_buffer.data())};
  impl->read_buffer.consume(impl->read_buffer.size());
  return message;
}

std::string WsClient::ReceiveText() {
  absl::StatusOr<Message> message = Receive();
  if (!message.ok()) return absl::StrCat("error: ", message.status().ToString());
  return std::move(message->payload);
}

absl::StatusOr<std::string> WsClient::ReceivePong() {
  const auto deadline = std::chrono::steady_clock::now() + impl_->options.timeout;
  // A pong completes no read: look for it every few milliseconds.
  while (impl_->pongs.empty() && std::chrono::steady_clock::now() < deadline) {
    const absl::StatusOr<Message> message = Receive(std::chrono::milliseconds(5));
    if (!message.ok() && !absl::IsDeadlineExceeded(message.status())) return message.status();
  }
  if (impl_->pongs.empty()) return absl::DeadlineExceededError("no pong");
  std::string pong = std::move(impl_->pongs.front());
  impl_->pongs.pop_front();
  return pong;
}

int WsClient::pings_received() const { return impl_->pings; }

absl::StatusOr<WsClient::CloseFrame> WsClient::Close(std::uint16_t code, std::string_view reason) {
  websocket::close_reason close(static_cast<websocket::close_code>(code));
  close.reason.assign(reason.data(), reason.size());
  if (impl_->reading) return absl::FailedPreconditionError("a receive that timed out is still open");
  const absl::Status closed = impl_->Do([&](auto token) { impl_->ws.async_close(close, token); });
  if (!closed.ok()) return closed;
  const websocket::close_reason& got = impl_->ws.reason();
  return CloseFrame{.code = got.code == 0 ? std::uint16_t{1005} : got.code,
                    .reason = std::string(got.reason.data(), got.reason.size())};
}

absl::StatusOr<WsClient::CloseFrame> WsClient::WaitForClose() {
  for (;;) {
    const absl::StatusOr<Message> message = Receive();
    if (message.ok()) continue;
    if (absl::IsDeadlineExceeded(message.status())) return message.status();
    if (!absl::IsOutOfRange(message.status())) return CloseFrame{.code = 1006, .reason = ""};
    const websocket::close_reason& got = impl_->ws.reason();
    return CloseFrame{.code = got.code == 0 ? std::uint16_t{1005} : got.code,
                      .reason = std::string(got.reason.data(), got.reason.size())};
  }
}

void WsClient::Abort() {
  auto& socket = impl_->ws.next_layer().socket();
  error_code ignored;
  socket.set_option(asio::socket_base::linger(true, 0), ignored);
  socket.close(ignored);
}

void WsClient::ShutdownWrite() {
  error_code ignored;
  impl_->ws.next_layer().socket().shutdown(asio::socket_base::shutdown_send, ignored);
}

std::string WsClient::ResponseField(std::string_view name) const {
  const auto value = impl_->response[beast::string_view(name.data(), name.size())];
  return std::string(value.data(), value.size());
}

}  // namespace viaduct
