#pragma once

#include <string>
#include <thread>

#include "net/unique_fd.h"
#include "tests/support/scripted_peer.h"
#include "tests/support/tls_client.h"

namespace viaduct {

// Speaks TLS as a client on a connection, and plain text with the test, so that the test code for plain peers also
// works with TLS. FIN passes both ways, as a close_notify and FIN; a reset passes as FIN.
//
// Its connection ends with it. Belongs to one thread, and runs one of its own.
class TlsRelay {
 public:
  // Does the handshake on a connected socket, within kPatience.
  TlsRelay(net::UniqueFd connection, const TlsClientOptions& options);
  ~TlsRelay();
  TlsRelay(const TlsRelay&) = delete;
  TlsRelay& operator=(const TlsRelay&) = delete;

  // The error if there is no connection; "" otherwise.
  const std::string& failure() const { return failure_; }
  // The negotiated client; only before anything is sent or received.
  const TlsClient& client() const { return client_; }
  // Returns the plain end, once; non-blocking.
  net::UniqueFd TakePlain() { return std::move(plain_end_); }

 private:
  bool ShakeHands();
  void Run();
  bool RelayOnce();
  void FromPlain();
  void FromConnection();

  TlsClient client_;
  net::UniqueFd connection_;
  net::UniqueFd inner_;  // our side of the plain end
  net::UniqueFd plain_end_;
  net::UniqueFd stop_;  // an eventfd
  std::string failure_;
  std::string to_connection_;
  std::string to_plain_;
  bool plain_ended_ = false;
  bool connection_ended_ = false;
  bool fin_to_connection_ = false;
  bool fin_to_plain_ = false;
  std::thread thread_;
};

}  // namespace viaduct
