#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "net/address.h"
#include "net/unique_fd.h"

namespace viaduct {

// The time that a test waits for a fact before it gives up: long, because sanitizers on a busy machine are slow. A test
// that passes waits only as long as the fact takes.
inline constexpr std::chrono::milliseconds kPatience{20'000};
// The time that an action without any wait may take on such a machine: shorter than every timeout that could end the
// wait instead.
inline constexpr std::chrono::milliseconds kPromptly{10'000};

// The state of a connection towards us.
enum class PeerEnd : std::uint8_t { kOpen, kFin, kReset };

// One end of a real connection, played by a test step by step. Every call blocks until it is done, the connection ends
// or kPatience passes; what it returns then is short, so that a comparison fails and shows what was there.
//
// Sends and reads may run on two threads; otherwise not thread-safe.
class ScriptedPeer {
 public:
  // Not connected.
  ScriptedPeer() = default;
  // Takes over a connected socket.
  explicit ScriptedPeer(net::UniqueFd fd);
  // With a small `receive_buffer_bytes`, a peer that does not read is soon full; 0 keeps the kernel's choice.
  static ScriptedPeer Connect(const net::SocketAddress& address, int receive_buffer_bytes = 0);

  bool connected() const { return static_cast<bool>(fd_); }
  // Returns false if the connection broke, or did not take everything in time.
  bool Send(std::string_view bytes);
  // Sends `bytes` again and again until `limit` bytes went out or the other side took nothing for `quiet`. Returns the
  // number of bytes.
  std::size_t SendUntilStuck(std::string_view bytes, std::size_t limit,
                             std::chrono::milliseconds quiet = std::chrono::milliseconds(300));

  // Returns the next `size` bytes.
  std::string Read(std::size_t size);
  // Returns all bytes up to and including `end`.
  std::string ReadThrough(std::string_view end);
  // Returns all bytes until FIN or RST; end() says which.
  std::string ReadToEnd();
  // Returns all bytes that come within `time`: for what must not come, or not yet.
  std::string ReadFor(std::chrono::milliseconds time);
  // Reads until the connection ends, and discards the data.
  PeerEnd WaitForEnd();
  // The state that the reads above have seen.
  PeerEnd end() const { return end_; }

  // Sends FIN; the other side may go on sending.
  void ShutdownWrite();
  // Sends RST.
  void Reset();
  // Closes like a process that ends: FIN, or RST if there are unread bytes.
  void Close() { fd_.Reset(); }
  std::uint16_t local_port() const;

 private:
  using Deadline = std::chrono::steady_clock::time_point;

  // Waits for bytes and adds them to received_. Returns false if none came before `deadline`.
  bool Fill(Deadline deadline);
  std::string Take(std::size_t size);

  net::UniqueFd fd_;
  std::string received_;  // and not yet taken
  PeerEnd end_ = PeerEnd::kOpen;
};

// The upstream of a test: listens on a free port of 127.0.0.1; the test controls each connection.
class ScriptedUpstream {
 public:
  ScriptedUpstream();
  // Listens on another address, such as "unix:/path".
  explicit ScriptedUpstream(const net::SocketAddress& address);

  const net::SocketAddress& address() const { return address_; }
  // Returns the next connection; not connected() if none comes in time.
  ScriptedPeer Accept(std::chrono::milliseconds time = kPatience);
  // Returns true if no connection comes within `time`.
  bool NobodyCame(std::chrono::milliseconds time = std::chrono::milliseconds(100));
  // From now on connections are refused. A port stays taken, so that nobody else gets it, but for a ScriptedUpstream on
  // the same address.
  void StopListening();

 private:
  net::SocketAddress address_;
  net::UniqueFd socket_;
};

}  // namespace viaduct
