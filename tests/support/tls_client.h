#pragma once

#include <memory>
#include <string>
#include <string_view>

struct ssl_ctx_st;
struct ssl_st;

namespace viaduct {

// The client's offers.
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
  // Returns the bytes for the server since the last call.
  std::string TakeOutput();

  // Continues the handshake. Returns true when it is done.
  bool Shake();
  // The error of the handshake, or of anything after it; "" if there is none.
  const std::string& failure() const { return failure_; }

  // Encrypts `bytes` into records of at most 16 KiB.
  void Write(std::string_view bytes);
  // Returns all data that was fed and not read yet.
  std::string Read();
  // True if the server sent close_notify; valid after Read.
  bool ended() const { return ended_; }
  void SendCloseNotify();
  // Asks the server to change its keys too.
  void UpdateKeys();

  std::string version() const;
  std::string cipher() const;
  std::string alpn() const;
  std::string certificate_name() const;
  bool resumed() const;
  // Available once a ticket has come.
  std::string session() const;

 private:
  void Fail(int result);

  ssl_ctx_st* context_;
  ssl_st* connection_;
  std::string failure_;
  bool ended_ = false;
};

}  // namespace viaduct
