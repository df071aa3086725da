#include "ops/program/http_call.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <cstdint>
#include <exception>
#include <optional>
#include <string_view>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "text/string_view.h"

namespace viaduct::ops {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::system::error_code;
using tcp = asio::ip::tcp;

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t kMaxHeadBytes = 8192;
constexpr std::uint16_t kHttpPort = 80;

struct Url {
  tcp::endpoint endpoint;
  std::string authority;  // As it was written: for Host.
  std::string target;
};

std::optional<Url> ParseUrl(std::string_view text) {
  constexpr std::string_view kScheme = "http://";
  if (text.substr(0, kScheme.size()) != kScheme) return std::nullopt;
  text.remove_prefix(kScheme.size());
  const std::size_t slash = text.find('/');
  const std::string_view authority = text.substr(0, slash);
  Url url{.endpoint = {},
          .authority = std::string(authority),
          .target = slash == std::string_view::npos ? "/" : std::string(text.substr(slash))};
  // Neither may end the request line or a field early.
  if (text.find_first_of(" \r\n\t") != std::string_view::npos) return std::nullopt;
  std::string_view host = authority;
  std::uint32_t port = kHttpPort;
  const std::size_t colon = authority.rfind(':');
  if (colon != std::string_view::npos && authority.find(']', colon) == std::string_view::npos) {
    const std::string_view digits = authority.substr(colon + 1);
    host = authority.substr(0, colon);
    if (!absl::SimpleAtoi(text::ToAbsl(digits), &port) || port == 0 || port > 65535) {
      return std::nullopt;
    }
  }
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  error_code error;
  const asio::ip::address address = asio::ip::make_address(host, error);
  if (error || address.is_v6() != bracketed) return std::nullopt;
  url.endpoint = {address, static_cast<std::uint16_t>(port)};
  return url;
}

absl::Status ToStatus(error_code error) {
  if (error == beast::error::timeout) return absl::DeadlineExceededError("no answer in time");
  if (error == http::error::body_limit) return absl::UnavailableError("the answer is too long");
  return absl::UnavailableError(error.message());
}

// `call`, `url` and `answer` outlive the coroutine: CallHttp runs it to its end.
asio::awaitable<void> Exchange(const HttpCall* call, const Url* url, beast::tcp_stream* stream,
                               absl::StatusOr<HttpCallAnswer>* answer) {
  http::request<http::string_body> request;
  request.method_string(call->method);
  request.target(url->target);
  request.set(http::field::host, url->authority);
  request.set(http::field::connection, "close");
  if (!call->json_body.empty()) {
    request.set(http::field::content_type, "application/json");
    request.body() = call->json_body;
    request.prepare_payload();
  }
  stream->expires_after(call->timeout);
  const auto [connect_error] = co_await stream->async_connect(url->endpoint, kAwait);
  if (connect_error) {
    *answer = ToStatus(connect_error);
    co_return;
  }
  const auto [write_error, sent] = co_await http::async_write(*stream, request, kAwait);
  if (write_error) {
    *answer = ToStatus(write_error);
    co_return;
  }
  beast::flat_buffer buffer(2 * kMaxHeadBytes);
  http::response_parser<http::string_body> parser;
  parser.header_limit(kMaxHeadBytes);
  parser.body_limit(call->max_body_bytes);
  const auto [read_error, received] = co_await http::async_read(*stream, buffer, parser, kAwait);
  if (read_error) {
    *answer = ToStatus(read_error);
    co_return;
  }
  *answer = HttpCallAnswer{.status = static_cast<int>(parser.get().result_int()), .body = parser.get().body()};
}

}  // namespace

absl::Status CheckCallUrl(std::string_view url) {
  if (ParseUrl(url).has_value()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("\"", std::string(url), "\": must be http://ADDRESS[:PORT]/PATH"));
}

absl::StatusOr<HttpCallAnswer> CallHttp(const HttpCall& call) {
  const std::optional<Url> url = ParseUrl(call.url);
  if (!url.has_value()) return CheckCallUrl(call.url);
  asio::io_context io(1);
  beast::tcp_stream stream(io);
  absl::StatusOr<HttpCallAnswer> answer = absl::UnavailableError("no answer");
  asio::co_spawn(io, Exchange(&call, &*url, &stream, &answer), [](std::exception_ptr) {});
  io.run();
  return answer;
}

}  // namespace viaduct::ops
