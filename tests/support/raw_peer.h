#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "net/unique_fd.h"

namespace viaduct {

// A client that sends and reads bytes as they are, for tests of what no proper client would do.
//
// Every call ends within `kTimeout`. Not thread-safe.
class RawPeer {
 public:
  static constexpr std::chrono::seconds kTimeout{20};

  struct Options {
    // The kernel's receive buffer, small for a client that does not read and is soon full; 0 keeps the default.
    int receive_buffer_bytes = 0;
  };

  // Connects to "127.0.0.1:8080" or "unix:/path". Failing to is a test failure, and gives a peer that reads nothing.
  explicit RawPeer(const std::string& address) : RawPeer(address, Options()) {}
  RawPeer(const std::string& address, const Options& options);

  // Sends all of it. Returns false if the server has cut the connection or takes nothing more in time.
  bool Send(std::string_view bytes);
  // Sends what the kernel takes at once; returns the number of bytes.
  std::size_t SendSome(std::string_view bytes);
  // Waits until the server's kernel has acknowledged all that was sent: the server has it, whether or not it has read
  // it. Returns false if it does not in time.
  bool WaitUntilDelivered();
  // Reads exactly `size` bytes; fewer if the connection ends or the time is over.
  std::string Read(std::size_t size);
  // Reads up to and including the first `end`; returns what came if it does not come.
  std::string ReadUntil(std::string_view end);
  // Reads until the server has ended the connection.
  std::string ReadToEnd();
  // True if the server ended the connection, as far as was read: with a FIN, or with an RST.
  bool ended() const { return ended_; }
  bool was_reset() const { return was_reset_; }

  // Sends a FIN: nothing more will be sent.
  void ShutdownWrite();
  // Ends the connection with an RST.
  void Abort();

 private:
  // Waits for bytes and reads them to `buffered_`. Returns false at the end or when the time is over.
  bool ReadMore();

  net::UniqueFd fd_;
  std::string buffered_;
  std::size_t taken_ = 0;  // of `buffered_`
  bool ended_ = false;
  bool was_reset_ = false;
};

}  // namespace viaduct
