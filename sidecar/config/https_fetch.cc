#include "sidecar/config/https_fetch.h"

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
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <cstdint>
#include <cstring>
#include <exception>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "net/address.h"
#include "net/host_query.h"
#include "text/string_view.h"

namespace viaduct::sidecar {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;
using Clock = std::chrono::steady_clock;
using TlsStream = asio::ssl::stream<beast::tcp_stream>;

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t kMaxHeadBytes = 8192;
// How soon a stop is noticed.
constexpr auto kLookForStop = std::chrono::milliseconds(50);

struct Url {
  std::string host;  // a name or an address, without brackets
  std::uint16_t port;
  std::string authority;  // as it was written: for Host
  std::string target;
};

bool IsHostName(std::string_view host) {
  constexpr std::string_view kAllowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.";
  return !host.empty() && host.size() <= 253 && host.find_first_not_of(kAllowed) == std::string_view::npos;
}

std::optional<Url> ParseUrl(std::string_view text) {
  constexpr std::string_view kScheme = "https://";
  // Nothing may end the request line or a field early.
  if (!text.starts_with(kScheme) || text.find_first_of(" \r\n\t#@") != std::string_view::npos) return std::nullopt;
  text.remove_prefix(kScheme.size());
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  Url url{.host = "",
          .port = 443,
          .authority = std::string(text.substr(0, slash)),
          .target = std::string(text.substr(slash))};
  std::string_view host = url.authority;
  const std::size_t colon = host.rfind(':');
  if (colon != std::string_view::npos && host.find(']', colon) == std::string_view::npos) {
    const std::string_view digits = host.substr(colon + 1);
    host = host.substr(0, colon);
    std::uint32_t port = 0;
    if (digits.find_first_not_of("0123456789") != std::string_view::npos) return std::nullopt;
    if (!absl::SimpleAtoi({digits.data(), digits.size()}, &port) || port == 0 || port > 65535) return std::nullopt;
    url.port = static_cast<std::uint16_t>(port);
  }
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  error_code no_address;
  const auto address = asio::ip::make_address(std::string(host), no_address);
  if (no_address ? bracketed || !IsHostName(host) : address.is_v6() != bracketed) return std::nullopt;
  url.host = host;
  return url;
}

absl::StatusOr<std::vector<tcp::endpoint>> LookUp(const Url& url, Clock::time_point deadline,
                                                  const std::atomic<bool>& stop) {
  const net::HostQuery query(url.host, url.port);
  while (!query.done()) {
    if (stop || Clock::now() >= deadline) {
      return absl::DeadlineExceededError(absl::StrCat("looking up ", url.host, ": no answer in time"));
    }
    query.WaitFor(kLookForStop);
  }
  const net::HostQuery::Addresses addresses = query.Result();
  if (!addresses.ok()) return addresses.status();
  std::vector<tcp::endpoint> endpoints;
  for (const net::SocketAddress& address : *addresses) {
    tcp::endpoint endpoint;
    endpoint.resize(address.size());
    std::memcpy(endpoint.data(), address.data(), address.size());
    endpoints.push_back(endpoint);
  }
  return endpoints;
}

absl::Status PrepareTls(const Url& url, const std::string& ca_file, asio::ssl::context* context) {
  error_code error;
  if (ca_file.empty()) {
    context->set_default_verify_paths(error);
  } else {
    context->load_verify_file(ca_file, error);
  }
  if (error) {
    return absl::UnavailableError(
        absl::StrCat("certificate authorities of \"", ca_file, "\": ", error.message(), " (for ", url.host, ")"));
  }
  context->set_verify_mode(asio::ssl::verify_peer);
  SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_2_VERSION);
  return absl::OkStatus();
}

// Whose certificate the server must show.
void ExpectHost(const std::string& host, SSL* ssl) {
  error_code no_address;
  asio::ip::make_address(host, no_address);
  if (!no_address) {
    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host.c_str());
    return;
  }
  SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  SSL_set1_host(ssl, host.c_str());
  SSL_set_tlsext_host_name(ssl, host.c_str());
}

absl::Status Failed(std::string_view step, const Url& url, error_code error) {
  std::string cause = error.message();
  if (error == beast::error::timeout) cause = "no answer in time";
  if (error == asio::error::operation_aborted) cause = "given up";
  if (error == http::error::body_limit) cause = "the answer is too long";
  return absl::UnavailableError(absl::StrCat(text::ToAbsl(step), " ", url.authority, ": ", cause));
}

absl::Status HandshakeFailed(const Url& url, SSL* ssl, error_code error) {
  const long verdict = SSL_get_verify_result(ssl);
  if (verdict == X509_V_OK) return Failed("TLS handshake with", url, error);
  return absl::UnavailableError(
      absl::StrCat("TLS handshake with ", url.authority, ": ", X509_verify_cert_error_string(verdict)));
}

// All outlive the coroutine: FetchHttps runs it to its end.
asio::awaitable<void> Exchange(const HttpsFetch* fetch, const Url* url, const std::vector<tcp::endpoint>* endpoints,
                               TlsStream* stream, absl::StatusOr<HttpsAnswer>* answer) {
  const auto [connect_error, endpoint] = co_await beast::get_lowest_layer(*stream).async_connect(*endpoints, kAwait);
  if (connect_error) {
    *answer = Failed("connecting to", *url, connect_error);
    co_return;
  }
  const auto [tls_error] = co_await stream->async_handshake(TlsStream::client, kAwait);
  if (tls_error) {
    *answer = HandshakeFailed(*url, stream->native_handle(), tls_error);
    co_return;
  }
  http::request<http::empty_body> request(http::verb::get, url->target, 11);
  request.set(http::field::host, url->authority);
  request.set(http::field::user_agent, "viaduct-sidecar");
  request.set(http::field::connection, "close");
  if (!fetch->etag.empty()) request.set(http::field::if_none_match, fetch->etag);
  const auto [write_error, sent] = co_await http::async_write(*stream, request, kAwait);
  if (write_error) {
    *answer = Failed("asking", *url, write_error);
    co_return;
  }
  beast::flat_buffer buffer(8 * kMaxHeadBytes);
  http::response_parser<http::string_body> parser;
  parser.header_limit(kMaxHeadBytes);
  parser.body_limit(fetch->max_body_bytes);
  const auto [read_error, received] = co_await http::async_read(*stream, buffer, parser, kAwait);
  if (read_error) {
    *answer = Failed("reading from", *url, read_error);
    co_return;
  }
  const unsigned status = parser.get().result_int();
  const bool same = status == 304 && !fetch->etag.empty();
  if (status != 200 && !same) {
    *answer = absl::UnavailableError(absl::StrCat(url->authority, " answered ", status, ", not 200"));
    co_return;
  }
  *answer = HttpsAnswer{
      .modified = !same, .body = std::move(parser.get().body()), .etag = std::string(parser.get()[http::field::etag])};
}

}  // namespace

absl::Status CheckHttpsUrl(std::string_view url) {
  if (ParseUrl(url).has_value()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("\"", std::string(url), "\": must be https://HOST[:PORT]/PATH"));
}

absl::StatusOr<HttpsAnswer> FetchHttps(const HttpsFetch& fetch, const std::atomic<bool>& stop) {
  const std::optional<Url> url = ParseUrl(fetch.url);
  if (!url.has_value()) return CheckHttpsUrl(fetch.url);
  const Clock::time_point deadline = Clock::now() + fetch.timeout;
  const absl::StatusOr<std::vector<tcp::endpoint>> endpoints = LookUp(*url, deadline, stop);
  if (!endpoints.ok()) return endpoints.status();

  asio::ssl::context context(asio::ssl::context::tls_client);
  if (absl::Status status = PrepareTls(*url, fetch.ca_file, &context); !status.ok()) return status;
  asio::io_context io(1);
  TlsStream stream(io, context);
  ExpectHost(url->host, stream.native_handle());
  beast::get_lowest_layer(stream).expires_at(deadline);
  absl::StatusOr<HttpsAnswer> answer = absl::UnavailableError("no answer");
  asio::co_spawn(io, Exchange(&fetch, &*url, &*endpoints, &stream, &answer), [](std::exception_ptr) {});
  while (!io.stopped()) {
    io.run_for(kLookForStop);
    if (stop) beast::get_lowest_layer(stream).cancel();
  }
  return answer;
}

}  // namespace viaduct::sidecar
