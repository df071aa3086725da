#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace viaduct {

// A WebSocket client made of Boost.Beast: the independent peer of our tests, sharing no code with what they judge.
//
// Synchronous. Every call ends within `Options::timeout` (or the time it is given) with an error if need be. Pings are
// answered by Beast, but only inside a call that receives.
// Not thread-safe; different clients may be used from different threads.
class WsClient {
 public:
  struct Options {
    std::string target = "/websocket";
    // Further fields of the handshake; a "Host" or "User-Agent" replaces the client's own.
    std::vector<std::pair<std::string, std::string>> fields = {};
    bool offer_deflate = false;
    // The kernel's receive buffer, small for a client that does not read and is soon full; 0 keeps the default.
    int receive_buffer_bytes = 0;
    std::chrono::milliseconds timeout = std::chrono::seconds(20);
  };

  struct Message {
    bool binary = false;
    std::string payload;

    bool operator==(const Message&) const = default;
  };

  struct CloseFrame {
    std::uint16_t code = 0;  // 1005: a Close without a code; 1006: the connection ended without a Close
    std::string reason;

    bool operator==(const CloseFrame&) const = default;
  };

  // Connects to "127.0.0.1:8080" or "unix:/path" and does the handshake. An answer other than a good 101 is a
  // FailedPrecondition error whose message is "HTTP 403" or the like.
  static absl::StatusOr<std::unique_ptr<WsClient>> Connect(const std::string& address, const Options& options);
  static absl::StatusOr<std::unique_ptr<WsClient>> Connect(const std::string& address);
  // Cuts the connection if it is still open.
  ~WsClient();

  absl::Status SendText(std::string_view text);
  absl::Status SendBinary(std::string_view bytes);
  // One message in a frame for each part.
  absl::Status SendFragments(const std::vector<std::string>& parts);
  // Sends the first fragment of a text message without any further one.
  absl::Status SendUnfinished(std::string_view part);
  // At most 125 bytes.
  absl::Status SendPing(std::string_view payload);
  absl::Status SendPong(std::string_view payload);

  // Returns the next message. OutOfRange after a Close, Unavailable when the connection ended without one,
  // DeadlineExceeded when nothing came in time: then a later call may still receive it.
  absl::StatusOr<Message> Receive();
  absl::StatusOr<Message> Receive(std::chrono::milliseconds timeout);
  // Returns the payload of the next message, or "error: …": short to compare in a test.
  std::string ReceiveText();
  // Receives until a pong has come and returns its payload; messages on the way are dropped.
  absl::StatusOr<std::string> ReceivePong();
  // The number of pings received so far.
  int pings_received() const;

  // Does the close handshake and waits until the server has closed the connection. Returns the server's Close.
  absl::StatusOr<CloseFrame> Close(std::uint16_t code, std::string_view reason = "");
  // Receives and discards until the connection has ended. Returns the way in which the server ended it.
  absl::StatusOr<CloseFrame> WaitForClose();
  // Ends the connection with an RST.
  void Abort();
  // Ends our direction with a FIN and no Close frame.
  void ShutdownWrite();

  // Returns a field of the server's 101, or "".
  std::string ResponseField(std::string_view name) const;

 private:
  struct Impl;
  explicit WsClient(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

}  // namespace viaduct
