// Calls to a real TLS server on loopback that does what a test says.

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <fstream>
#include <string>
#include <string_view>
#include <thread>

#include "absl/strings/str_cat.h"
#include "net/unique_fd.h"
#include "ops/program/http_call.h"
#include "tests/support/test_certificates.h"

namespace viaduct::ops {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

std::string Answer(std::string_view status, std::string_view body, std::string_view fields = "") {
  return absl::StrCat("HTTP/1.1 ", std::string(status), "\r\nContent-Length: ", body.size(), "\r\n",
                      std::string(fields), "\r\n", std::string(body));
}

// Serves one connection: reads a request head, sends `answer`, and closes; with "" it says nothing until the peer goes.
class OneShotServer {
 public:
  OneShotServer(const TestIdentity& identity, std::string answer, int max_tls_version = 0)
      : context_(SSL_CTX_new(TLS_server_method())), answer_(std::move(answer)) {
    BIO* bio = BIO_new_mem_buf(identity.certificate.data(), static_cast<int>(identity.certificate.size()));
    X509* certificate = PEM_read_bio_X509(bio, nullptr, nullptr, nullptr);
    SSL_CTX_use_certificate(context_, certificate);
    X509_free(certificate);
    BIO_free(bio);
    bio = BIO_new_mem_buf(identity.private_key.data(), static_cast<int>(identity.private_key.size()));
    EVP_PKEY* key = PEM_read_bio_PrivateKey(bio, nullptr, nullptr, nullptr);
    SSL_CTX_use_PrivateKey(context_, key);
    EVP_PKEY_free(key);
    BIO_free(bio);
    if (max_tls_version != 0) {
      SSL_CTX_set_security_level(context_, 0);
      SSL_CTX_set_min_proto_version(context_, TLS1_VERSION);
      SSL_CTX_set_max_proto_version(context_, max_tls_version);
    }
    listener_ = net::UniqueFd(socket(AF_INET, SOCK_STREAM, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_ANY);
    bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address);
    listen(listener_.get(), 1);
    socklen_t size = sizeof address;
    getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { Serve(); });
  }
  ~OneShotServer() {
    shutdown(listener_.get(), SHUT_RDWR);
    thread_.join();
    SSL_CTX_free(context_);
  }

  std::string Url(std::string_view host = "localhost") const {
    return absl::StrCat("https://", std::string(host), ":", port_, "/ip-ranges.json");
  }
  // Returns the one request; call it after it was answered.
  std::string request() {
    shutdown(listener_.get(), SHUT_RDWR);
    while (!done_) std::this_thread::yield();
    return request_;
  }

 private:
  void Serve() {
    const net::UniqueFd connection(accept(listener_.get(), nullptr, nullptr));
    if (connection) Speak(connection.get());
    done_ = true;
  }
  void Speak(int connection) {
    SSL* ssl = SSL_new(context_);
    SSL_set_fd(ssl, connection);
    char buffer[4096];
    if (SSL_accept(ssl) == 1) {
      for (int got;
           request_.find("\r\n\r\n") == std::string::npos && (got = SSL_read(ssl, buffer, sizeof buffer)) > 0;) {
        request_.append(buffer, static_cast<std::size_t>(got));
      }
      if (answer_.empty()) {
        SSL_read(ssl, buffer, sizeof buffer);
      } else {
        SSL_write(ssl, answer_.data(), static_cast<int>(answer_.size()));
        SSL_shutdown(ssl);
      }
    }
    SSL_free(ssl);
  }

  SSL_CTX* context_;
  std::string answer_;
  net::UniqueFd listener_;
  int port_ = 0;
  std::string request_;
  std::atomic<bool> done_{false};
  std::thread thread_;
};

class HttpsCallTest : public testing::Test {
 protected:
  HttpsCallTest() : ca_file_(testing::TempDir() + "ca.pem") {
    // The client may leave before it has received everything.
    std::signal(SIGPIPE, SIG_IGN);
    std::ofstream(ca_file_) << authority_.certificate();
  }

  HttpCall From(const std::string& url) const {
    return {.url = url, .ca_file = ca_file_, .timeout = seconds(30), .max_body_bytes = 1000};
  }
  static std::string ErrorOf(const HttpCall& call) { return std::string(CallHttp(call).status().message()); }

  TestAuthority authority_{"test authority"};
  TestIdentity identity_ = authority_.Issue("server");
  std::string ca_file_;
};

TEST_F(HttpsCallTest, GetsTheBodyByNameAndByAddress) {
  for (const std::string_view host : {"localhost", "127.0.0.1"}) {
    OneShotServer server(identity_, Answer("200 OK", "the list", "ETag: \"v1\"\r\n"));
    const HttpCallAnswer answer = CallHttp(From(server.Url(host))).value();
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.body, "the list");
    EXPECT_EQ(answer.etag, "\"v1\"");
    const std::string request = server.request();
    EXPECT_EQ(request.find("GET /ip-ranges.json HTTP/1.1\r\n"), 0u) << request;
    EXPECT_EQ(request.find("If-None-Match"), std::string::npos);
  }
}

TEST_F(HttpsCallTest, WhatIsHereAlreadyIsNotSentAgain) {
  OneShotServer server(identity_, "HTTP/1.1 304 Not Modified\r\nETag: \"v1\"\r\n\r\n");
  HttpCall call = From(server.Url());
  call.if_none_match = "\"v1\"";
  EXPECT_EQ(CallHttp(call).value().status, 304);
  EXPECT_NE(server.request().find("If-None-Match: \"v1\"\r\n"), std::string::npos);
}

TEST_F(HttpsCallTest, ACertificateOfAnotherHostIsRefused) {
  OneShotServer server(identity_, Answer("200 OK", "the list"));
  EXPECT_NE(ErrorOf(From(server.Url("127.0.0.2"))).find(": IP address mismatch"), std::string::npos);
  EXPECT_EQ(server.request(), "");
}

TEST_F(HttpsCallTest, ACertificateOfAnUnknownAuthorityIsRefused) {
  OneShotServer server(TestAuthority("another").Issue("server"), Answer("200 OK", "the list"));
  EXPECT_NE(ErrorOf(From(server.Url())).find(": unable to get local issuer certificate"), std::string::npos);
  EXPECT_EQ(server.request(), "");
}

TEST_F(HttpsCallTest, ByDefaultOnlyTheSystemsAuthoritiesAreTrusted) {
  OneShotServer server(identity_, Answer("200 OK", "the list"));
  HttpCall call = From(server.Url());
  call.ca_file = "";
  EXPECT_NE(ErrorOf(call).find("TLS handshake: "), std::string::npos) << ErrorOf(call);
  EXPECT_EQ(server.request(), "");
}

TEST_F(HttpsCallTest, AnExpiredCertificateIsRefused) {
  OneShotServer server(authority_.Issue("server", {.valid_for = seconds(-30)}), Answer("200 OK", "the list"));
  EXPECT_NE(ErrorOf(From(server.Url())).find(": certificate has expired"), std::string::npos);
  EXPECT_EQ(server.request(), "");
}

TEST_F(HttpsCallTest, OldVersionsOfTlsAreRefused) {
  OneShotServer server(identity_, Answer("200 OK", "the list"), TLS1_1_VERSION);
  EXPECT_NE(ErrorOf(From(server.Url())).find("TLS handshake: "), std::string::npos);
}

TEST_F(HttpsCallTest, AnAnswerOfAnyStatusIsAnAnswerAndRedirectsAreNotFollowed) {
  for (const std::string_view status : {"500 Internal Server Error", "302 Found", "304 Not Modified", "206 Partial"}) {
    OneShotServer server(identity_, Answer(status, "", "Location: https://localhost:1/\r\n"));
    EXPECT_EQ(CallHttp(From(server.Url())).value().status, std::stoi(std::string(status))) << status;
  }
}

TEST_F(HttpsCallTest, ATruncatedBodyIsAnError) {
  std::string answer = Answer("200 OK", "the list");
  answer.pop_back();
  OneShotServer server(identity_, answer);
  EXPECT_NE(ErrorOf(From(server.Url())).find("partial message"), std::string::npos);
}

TEST_F(HttpsCallTest, ALongerBodyThanAllowedIsAnErrorWithAndWithoutALength) {
  const std::string body(1001, 'x');
  for (const std::string& answer :
       {Answer("200 OK", body), "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + body,
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n" + body + "\r\n0\r\n\r\n"}) {
    OneShotServer server(identity_, answer);
    EXPECT_EQ(ErrorOf(From(server.Url())), "the answer is too long");
  }
}

TEST_F(HttpsCallTest, AServerThatSaysNothingIsGivenUpAtTheTimeout) {
  OneShotServer server(identity_, "");
  HttpCall call = From(server.Url());
  call.timeout = milliseconds(300);
  const auto begin = steady_clock::now();
  EXPECT_NE(ErrorOf(call).find("no answer in time"), std::string::npos);
  EXPECT_GE(steady_clock::now() - begin, milliseconds(300));
}

TEST_F(HttpsCallTest, AStopEndsItSoon) {
  OneShotServer server(identity_, "");
  std::atomic<bool> stop{false};
  std::thread stopper([&stop] {
    std::this_thread::sleep_for(milliseconds(100));
    stop = true;
  });
  const auto begin = steady_clock::now();
  HttpCall call = From(server.Url());
  call.stop = &stop;
  EXPECT_FALSE(CallHttp(call).ok());
  EXPECT_LT(steady_clock::now() - begin, seconds(20));
  stopper.join();
}

TEST_F(HttpsCallTest, NobodyThereIsAnError) { EXPECT_EQ(ErrorOf(From("https://127.0.0.1:1/x")), "Connection refused"); }

TEST_F(HttpsCallTest, AMissingFileOfAuthoritiesIsAnError) {
  HttpCall call = From("https://127.0.0.1:1/x");
  call.ca_file = "no/such/file";
  EXPECT_EQ(ErrorOf(call).find("certificate authorities of \"no/such/file\": "), 0u) << ErrorOf(call);
}

TEST(CheckHttpsUrlTest, OnlyHttpsWithAHostAndAPathIsOne) {
  for (const char* good : {"https://ip-ranges.amazonaws.com/ip-ranges.json", "https://localhost:8443/",
                           "https://[::1]:1/x", "https://127.0.0.1/x?y=z"}) {
    EXPECT_TRUE(CheckHttpsUrl(good).ok()) << good;
  }
  for (const char* bad :
       {"", "http://a/", "https://", "https:///x", "https://a", "https://a:0/", "https://a:65536/", "https://a:b/",
        "https://a b/", "https://a/\r\nx", "https://::1/", "https://[a]/", "https://a_b/", "https://a/#x"}) {
    EXPECT_EQ(CheckHttpsUrl(bad).message(), absl::StrCat("\"", bad, "\": must be https://HOST[:PORT]/PATH"));
  }
  EXPECT_EQ(CheckHttpsUrl("https://user:password@a/").message(),
            "\"https://***@a/\": must be https://HOST[:PORT]/PATH");
}

}  // namespace
}  // namespace viaduct::ops
