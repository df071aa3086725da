#include "ops/program/http_call.h"

#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <cstring>
#include <exception>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "net/address.h"
#include "net/host_query.h"
#include "text/redaction.h"
#include "text/url.h"

namespace viaduct::ops {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;
using Clock = std::chrono::steady_clock;
using Endpoints = std::vector<tcp::endpoint>;
using TlsStream = asio::ssl::stream<beast::tcp_stream>;

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
constexpr const char* kHttpRule = "http://ADDRESS[:PORT]/PATH";
constexpr const char* kHttpsRule = "https://HOST[:PORT]/PATH";
constexpr std::size_t kMaxHeadBytes = 8192;
// The interval at which `stop` is checked.
constexpr auto kLookForStop = std::chrono::milliseconds(50);

bool IsStopped(const HttpCall& call) { return call.stop != nullptr && *call.stop; }

// Plain HTTP goes only to addresses, because nothing proves who answers for a name.
bool IsHttp(const std::optional<text::Url>& url) { return url.has_value() && !url->https && url->host_is_address; }
bool IsHttps(const std::optional<text::Url>& url) { return url.has_value() && url->https; }

absl::Status WrongUrl(std::string_view url, const char* rule) {
  return absl::InvalidArgumentError(absl::StrCat("\"", text::RedactUrl(url), "\": must be ", rule));
}

absl::Status ToStatus(error_code error) {
  if (error == beast::error::timeout) return absl::DeadlineExceededError("no answer in time");
  if (error == asio::error::operation_aborted) return absl::UnavailableError("given up");
  if (error == http::error::body_limit) return absl::UnavailableError("the answer is too long");
  return absl::UnavailableError(error.message());
}

absl::StatusOr<Endpoints> LookUp(const HttpCall& call, const text::Url& url, Clock::time_point deadline) {
  if (url.host_is_address) return Endpoints{{asio::ip::make_address(url.host), url.port}};
  const net::HostQuery query(url.host, url.port);
  while (!query.done()) {
    if (IsStopped(call) || Clock::now() >= deadline) {
      return absl::DeadlineExceededError(absl::StrCat("looking up ", url.host, ": no answer in time"));
    }
    query.WaitFor(kLookForStop);
  }
  const net::HostQuery::Addresses addresses = query.Result();
  if (!addresses.ok()) return addresses.status();
  Endpoints endpoints;
  for (const net::SocketAddress& address : *addresses) {
    tcp::endpoint endpoint;
    endpoint.resize(address.size());
    std::memcpy(endpoint.data(), address.data(), address.size());
    endpoints.push_back(endpoint);
  }
  return endpoints;
}

absl::Status PrepareTls(const std::string& ca_file, asio::ssl::context* context) {
  error_code error;
  if (ca_file.empty()) {
    context->set_default_verify_paths(error);
  } else {
    context->load_verify_file(ca_file, error);
  }
  if (error) {
    return absl::UnavailableError(absl::StrCat("certificate authorities of \"", ca_file, "\": ", error.message()));
  }
  context->set_verify_mode(asio::ssl::verify_peer);
  SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_2_VERSION);
  return absl::OkStatus();
}

// Sets the name or address that the server's certificate must have.
void ExpectHost(const text::Url& url, SSL* ssl) {
  if (url.host_is_address) {
    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), url.host.c_str());
    return;
  }
  SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  SSL_set1_host(ssl, url.host.c_str());
  SSL_set_tlsext_host_name(ssl, url.host.c_str());
}

asio::awaitable<absl::Status> Handshake(beast::tcp_stream*) { co_return absl::OkStatus(); }

asio::awaitable<absl::Status> Handshake(TlsStream* stream) {
  const auto [error] = co_await stream->async_handshake(TlsStream::client, kAwait);
  if (!error) co_return absl::OkStatus();
  const long verdict = SSL_get_verify_result(stream->native_handle());
  const absl::Status status =
      verdict == X509_V_OK ? ToStatus(error) : absl::UnavailableError(X509_verify_cert_error_string(verdict));
  co_return absl::Status(status.code(), absl::StrCat("TLS handshake: ", status.message()));
}

http::request<http::string_body> RequestOf(const HttpCall& call, const text::Url& url) {
  http::request<http::string_body> request;
  request.method_string(call.method);
  request.target(url.target.empty() ? "/" : url.target);
  request.set(http::field::host, url.authority);
  if (!call.user_agent.empty()) request.set(http::field::user_agent, call.user_agent);
  request.set(http::field::connection, "close");
  if (!call.if_none_match.empty()) request.set(http::field::if_none_match, call.if_none_match);
  if (!call.json_body.empty()) {
    request.set(http::field::content_type, "application/json");
    request.body() = call.json_body;
    request.prepare_payload();
  }
  return request;
}

// All arguments outlive the coroutine, because Run runs it to its end.
template <typename Stream>
asio::awaitable<void> Exchange(const HttpCall* call, const text::Url* url, const Endpoints* endpoints, Stream* stream,
                               absl::StatusOr<HttpCallAnswer>* answer) {
  const auto [connect_error, endpoint] = co_await beast::get_lowest_layer(*stream).async_connect(*endpoints, kAwait);
  if (connect_error) {
    *answer = ToStatus(connect_error);
    co_return;
  }
  const absl::Status handshake = co_await Handshake(stream);
  if (!handshake.ok()) {
    *answer = handshake;
    co_return;
  }
  const http::request<http::string_body> request = RequestOf(*call, *url);
  const auto [write_error, sent] = co_await http::async_write(*stream, request, kAwait);
  if (write_error) {
    *answer = ToStatus(write_error);
    co_return;
  }
  beast::flat_buffer buffer(8 * kMaxHeadBytes);
  http::response_parser<http::string_body> parser;
  parser.header_limit(kMaxHeadBytes);
  parser.body_limit(call->max_body_bytes);
  const auto [read_error, received] = co_await http::async_read(*stream, buffer, parser, kAwait);
  if (read_error) {
    *answer = ToStatus(read_error);
    co_return;
  }
  *answer = HttpCallAnswer{.status = static_cast<int>(parser.get().result_int()),
                           .body = std::move(parser.get().body()),
                           .etag = std::string(parser.get()[http::field::etag])};
}

template <typename Stream>
absl::StatusOr<HttpCallAnswer> Run(const HttpCall& call, const text::Url& url, const Endpoints& endpoints,
                                   Clock::time_point deadline, asio::io_context* io, Stream* stream) {
  absl::StatusOr<HttpCallAnswer> answer = absl::UnavailableError("no answer");
  beast::tcp_stream& socket = beast::get_lowest_layer(*stream);
  socket.expires_at(deadline);
  asio::co_spawn(*io, Exchange(&call, &url, &endpoints, stream, &answer), [](std::exception_ptr) {});
  while (!io->stopped()) {
    io->run_for(kLookForStop);
    if (IsStopped(call)) socket.cancel();
  }
  return answer;
}

}  // namespace

absl::Status CheckHttpUrl(std::string_view url) {
  return IsHttp(text::ParseUrl(url)) ? absl::OkStatus() : WrongUrl(url, kHttpRule);
}

absl::Status CheckHttpsUrl(std::string_view url) {
  const std::optional<text::Url> parsed = text::ParseUrl(url);
  const bool good = IsHttps(parsed) && !parsed->target.empty();
  return good ? absl::OkStatus() : WrongUrl(url, kHttpsRule);
}

absl::StatusOr<HttpCallAnswer> CallHttp(const HttpCall& call) {
  const std::optional<text::Url> url = text::ParseUrl(call.url);
  if (!IsHttp(url) && !IsHttps(url)) {
    return WrongUrl(call.url, call.url.starts_with("https://") ? kHttpsRule : kHttpRule);
  }
  const Clock::time_point deadline = Clock::now() + call.timeout;
  const absl::StatusOr<Endpoints> endpoints = LookUp(call, *url, deadline);
  if (!endpoints.ok()) return endpoints.status();

  asio::io_context io(1);
  if (!url->https) {
    beast::tcp_stream stream(io);
    return Run(call, *url, *endpoints, deadline, &io, &stream);
  }
  asio::ssl::context context(asio::ssl::context::tls_client);
  if (absl::Status status = PrepareTls(call.ca_file, &context); !status.ok()) return status;
  TlsStream stream(io, context);
  ExpectHost(*url, stream.native_handle());
  return Run(call, *url, *endpoints, deadline, &io, &stream);
}

}  // namespace viaduct::ops
