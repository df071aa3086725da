#pragma once

#include <memory>
#include <string>
#include <string_view>

struct ssl_ctx_st;
struct ssl_st;

namespace viaduct {

// What it offers.
struct TlsClientOptions {
  int version = 0;           // TLS1_2_VERSION and so on; 0: the newest that both speak
  std::string alpn = "";     // one protocol; "": none is offered
  std::string ciphers = "";  // of TLS 1.2, as OpenSSL names them; "": its own
  std::string session = "";  // of another client's session(), to resume
};

// The client's side of a TLS connection without a socket: the test carries the bytes, and so decides what comes
// together and what comes late. Believes any certificate. Not thread-safe.
class TlsClient {
 public:
  explicit TlsClient(const TlsClientOptions& options = {});
  ~TlsClient();
  TlsClient(const TlsClient&) = delete;
  TlsClient& operator=(const TlsClient&) = delete;

  // Takes bytes of the server.
  void Feed(std::string_view bytes);
  // The bytes for the server that arose since the last call.
  std::string TakeOutput();

  // Goes on with the handshake; whether it is done.
  bool Shake();
  // Why it failed, or anything after it; "" while nothing did.
  const std::string& failure() const { return failure_; }

  // Makes records of at most 16 KiB.
  void Write(std::string_view bytes);
  // All that was fed and not yet read.
  std::string Read();
  // Whether the server said close_notify; after Read.
  bool ended() const { return ended_; }
  void SendCloseNotify();
  // Asks the server to change its keys too.
  void UpdateKeys();

  std::string version() const;
  std::string cipher() const;
  std::string alpn() const;
  std::string certificate_name() const;
  bool resumed() const;
  // Once a ticket has come.
  std::string session() const;

 private:
  void Fail(int result);

  ssl_ctx_st* context_;
  ssl_st* connection_;
  std::string failure_;
  bool ended_ = false;
};

}  // namespace viaduct
