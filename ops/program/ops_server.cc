#include "ops/program/ops_server.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/status.hpp>
#include <chrono>
#include <cstddef>
#include <exception>
#include <list>
#include <optional>
#include <string_view>
#include <thread>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "net/quiet_thread.h"

namespace viaduct::ops {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::system::error_code;
using tcp = asio::ip::tcp;
using Request = http::request<http::empty_body>;

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);

constexpr std::chrono::seconds kLingerTimeout{1};
constexpr std::chrono::milliseconds kAcceptRetryTime{100};
constexpr std::size_t kMaxConnections = 64;
constexpr std::size_t kMaxHeadBytes = 8192;

struct Connection {
  explicit Connection(tcp::socket socket) : stream(std::move(socket)) {}

  beast::tcp_stream stream;
  beast::flat_buffer buffer{2 * kMaxHeadBytes};
};

struct Reply {
  http::status status;
  std::string body;
  std::string_view content_type = "text/plain; charset=utf-8";
};

enum class AfterReply { kKeepAlive, kClose };

// Returns the whole response; HEAD gets the head that GET would get.
std::string ResponseText(const Reply& reply, bool is_head, AfterReply after) {
  const boost::string_view reason = http::obsolete_reason(reply.status);
  std::string text = absl::StrCat("HTTP/1.1 ", static_cast<unsigned>(reply.status), " ", std::string(reason),
                                  "\r\nContent-Type: ", std::string(reply.content_type),
                                  "\r\nContent-Length: ", reply.body.size(), "\r\nCache-Control: no-store\r\n");
  if (reply.status == http::status::method_not_allowed) text += "Allow: GET, HEAD\r\n";
  text += after == AfterReply::kKeepAlive ? "Connection: keep-alive\r\n\r\n" : "Connection: close\r\n\r\n";
  if (!is_head) text += reply.body;
  return text;
}

Reply StatusReply(const absl::Status& status, const std::string& note = "") {
  if (status.ok()) return {http::status::ok, note.empty() ? "ok\n" : absl::StrCat("ok, ", note, "\n")};
  return {http::status::service_unavailable, absl::StrCat(status.message(), "\n")};
}

bool MayHaveBody(const Request& request) {
  const auto length = request.find(http::field::content_length);
  return request.count(http::field::transfer_encoding) != 0 || (length != request.end() && length->value() != "0");
}

Reply Answer(const OpsServer::Options& options, const Request& request) {
  const std::string_view target(request.target().data(), request.target().size());
  const std::string_view path = target.substr(0, target.find('?'));
  const bool known = path == "/metrics" || path == "/healthz" || path == "/readyz";
  if (!known) return {http::status::not_found, "not found\n"};
  if (request.method() != http::verb::get && request.method() != http::verb::head) {
    return {http::status::method_not_allowed, "only GET and HEAD\n"};
  }
  if (path == "/healthz") return StatusReply(options.healthy());
  if (path == "/readyz") return StatusReply(options.ready(), options.ready_note ? options.ready_note() : "");
  return {http::status::ok, options.metrics(), "text/plain; version=0.0.4; charset=utf-8"};
}

// Returns the answer when no request could be read, or nullopt if the connection just ended.
std::optional<Reply> ReplyToReadError(error_code error) {
  if (error == http::error::end_of_stream || error == http::error::partial_message) return std::nullopt;
  if (error == http::error::header_limit || error == http::error::buffer_overflow) {
    return Reply{http::status::request_header_fields_too_large, "request head too large\n"};
  }
  const bool is_http_error = error.category() == error_code(http::error::bad_method).category();
  if (!is_http_error) return std::nullopt;
  return Reply{http::status::bad_request, "bad request\n"};
}

std::optional<tcp::endpoint> ParseEndpoint(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  error_code error;
  const asio::ip::address address = asio::ip::make_address(std::string(host), error);
  const std::string_view port_text = text.substr(colon + 1);
  std::uint32_t port = 0;
  const bool is_number = !port_text.empty() && port_text.find_first_not_of("0123456789") == std::string_view::npos;
  if (!is_number || !absl::SimpleAtoi(std::string(port_text), &port) || port > 65535) return std::nullopt;
  if (error || address.is_v6() != bracketed) return std::nullopt;
  return tcp::endpoint(address, static_cast<std::uint16_t>(port));
}

}  // namespace

class OpsServer::Core {
 public:
  explicit Core(Options options) : options_(std::move(options)) {}

  ~Core() {
    if (!thread_.joinable()) return;
    asio::post(io_, [this] { Stop(); });
    thread_.join();
  }

  absl::Status Listen() {
    const std::optional<tcp::endpoint> endpoint = ParseEndpoint(options_.address);
    if (!endpoint.has_value()) {
      return absl::InvalidArgumentError(absl::StrCat(
          "\"", options_.address, "\": expected an address and a port, such as 127.0.0.1:9081 or [::1]:9081"));
    }
    error_code error;
    acceptor_.open(endpoint->protocol(), error);
    if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error) acceptor_.bind(*endpoint, error);
    if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
    if (!error) port_ = acceptor_.local_endpoint(error).port();
    if (!error) return absl::OkStatus();
    return absl::UnavailableError(absl::StrCat(options_.address, ": cannot listen: ", error.message()));
  }

  void Start() {
    asio::co_spawn(io_, Accept(), [](std::exception_ptr) {});
    thread_ = net::StartQuietThread([this] { io_.run(); });
  }

  std::uint16_t port() const { return port_; }

 private:
  // Ends every coroutine, and with the last of them the thread.
  void Stop() {
    stopping_ = true;
    error_code ignored;
    acceptor_.close(ignored);
    accept_retry_.cancel();
    for (Connection& connection : connections_) connection.stream.close();
  }

  asio::awaitable<void> Accept() {
    while (!stopping_) {
      tcp::socket socket(io_);
      const auto [error] = co_await acceptor_.async_accept(socket, kAwait);
      if (stopping_) break;
      if (error) {
        // Most likely out of descriptors: the connections in the queue would be reported again and again.
        accept_retry_.expires_after(kAcceptRetryTime);
        [[maybe_unused]] const auto [ignored] = co_await accept_retry_.async_wait(kAwait);
        continue;
      }
      if (connections_.size() >= kMaxConnections) CloseOldest();
      const auto connection = connections_.emplace(connections_.end(), std::move(socket));
      asio::co_spawn(io_, Serve(&*connection),
                     [this, connection](std::exception_ptr) { connections_.erase(connection); });
    }
  }

  // Its coroutine ends in the loop's next turn and then leaves the list.
  void CloseOldest() {
    for (Connection& connection : connections_) {
      if (!connection.stream.socket().is_open()) continue;
      connection.stream.close();
      return;
    }
  }

  asio::awaitable<void> Serve(Connection* connection) {
    AfterReply after = AfterReply::kKeepAlive;
    while (after == AfterReply::kKeepAlive && !stopping_) {
      http::request_parser<http::empty_body> parser;
      parser.header_limit(kMaxHeadBytes);
      connection->stream.expires_after(options_.timeout);
      const auto [read_error, head_size] =
          co_await http::async_read_header(connection->stream, connection->buffer, parser, kAwait);
      const std::optional<Reply> reply = ReplyTo(read_error, parser.get());
      if (!reply.has_value()) co_return;
      // The bytes after a head that was not understood, or that had a body, look like a next request.
      const bool framed = !read_error && !MayHaveBody(parser.get());
      after = framed && parser.keep_alive() ? AfterReply::kKeepAlive : AfterReply::kClose;
      const std::string text = ResponseText(*reply, parser.get().method() == http::verb::head, after);
      connection->stream.expires_after(options_.timeout);
      const auto [write_error, sent] = co_await asio::async_write(connection->stream, asio::buffer(text), kAwait);
      if (write_error) co_return;
    }
    // Unread bytes would turn the close into a reset, and the client might lose the answer.
    error_code ignored;
    connection->stream.socket().shutdown(tcp::socket::shutdown_send, ignored);
    connection->stream.expires_after(kLingerTimeout);
    for (bool open = true; open;) {
      connection->buffer.clear();
      const auto [error, size] = co_await connection->stream.async_read_some(connection->buffer.prepare(4096), kAwait);
      open = !error;
    }
  }

  std::optional<Reply> ReplyTo(error_code read_error, const Request& request) const {
    if (read_error) return ReplyToReadError(read_error);
    if (MayHaveBody(request)) return Reply{http::status::bad_request, "a body is not allowed\n"};
    return Answer(options_, request);
  }

  const Options options_;
  asio::io_context io_{1};
  tcp::acceptor acceptor_{io_};
  asio::steady_timer accept_retry_{io_};
  std::list<Connection> connections_;  // Oldest first.
  bool stopping_ = false;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

OpsServer::OpsServer(std::unique_ptr<Core> core) : core_(std::move(core)) {}

OpsServer::~OpsServer() = default;

absl::StatusOr<std::unique_ptr<OpsServer>> OpsServer::Start(Options options) {
  auto core = std::make_unique<Core>(std::move(options));
  if (absl::Status status = core->Listen(); !status.ok()) return status;
  core->Start();
  return std::unique_ptr<OpsServer>(new OpsServer(std::move(core)));
}

std::uint16_t OpsServer::port() const { return core_->port(); }

}  // namespace viaduct::ops
