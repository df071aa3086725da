#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "net/address.h"
#include "net/unique_fd.h"

namespace viaduct {

// How long a test waits for a fact before it gives up: long, because sanitizers on a busy machine are slow. A test that
// passes waits only as long as the fact takes.
inline constexpr std::chrono::milliseconds kPatience{20'000};
// How long what happens without waiting for anybody may take on such a machine: no timeout that would be waited for
// instead is shorter.
inline constexpr std::chrono::milliseconds kPromptly{10'000};

// What became of the bytes that a peer sends us.
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
  // A small `receive_buffer_bytes` makes a peer that does not read full soon; 0 leaves the kernel's choice.
  static ScriptedPeer Connect(const net::SocketAddress& address, int receive_buffer_bytes = 0);

  bool connected() const { return static_cast<bool>(fd_); }
  // False when the connection broke, or did not take everything in time.
  bool Send(std::string_view bytes);
  // Sends `bytes` again and again until `limit` bytes went out or the other side took nothing for `quiet`. How many.
  std::size_t SendUntilStuck(std::string_view bytes, std::size_t limit,
                             std::chrono::milliseconds quiet = std::chrono::milliseconds(300));

  // The next `size` bytes.
  std::string Read(std::size_t size);
  // All up to and including `end`.
  std::string ReadThrough(std::string_view end);
  // All until FIN or RST; end() says which.
  std::string ReadToEnd();
  // All that comes before `time` is over: for what must not come, or not yet.
  std::string ReadFor(std::chrono::milliseconds time);
  // Reads until the connection ends, dropping what comes.
  PeerEnd WaitForEnd();
  // As far as the reads above have seen.
  PeerEnd end() const { return end_; }

  // FIN; the other side may go on sending.
  void ShutdownWrite();
  // RST.
  void Reset();
  // What a process does that is done: FIN, or RST if there are unread bytes.
  void Close() { fd_.Reset(); }
  std::uint16_t local_port() const;

 private:
  using Deadline = std::chrono::steady_clock::time_point;

  // Waits for bytes and adds them to received_; false when none came before `deadline`.
  bool Fill(Deadline deadline);
  std::string Take(std::size_t size);

  net::UniqueFd fd_;
  std::string received_;  // and not yet taken
  PeerEnd end_ = PeerEnd::kOpen;
};

// The upstream of a test: listens on a free port of 127.0.0.1; what each connection does is the test's script.
class ScriptedUpstream {
 public:
  ScriptedUpstream();
  // On another address, such as "unix:/path".
  explicit ScriptedUpstream(const net::SocketAddress& address);

  const net::SocketAddress& address() const { return address_; }
  // The next connection; not connected() when none comes in time.
  ScriptedPeer Accept(std::chrono::milliseconds time = kPatience);
  // Whether no connection comes within `time`.
  bool NobodyCame(std::chrono::milliseconds time = std::chrono::milliseconds(100));
  // From now on connections are refused. A port stays taken, so that nobody else gets it, but for a ScriptedUpstream on
  // the same address.
  void StopListening();

 private:
  net::SocketAddress address_;
  net::UniqueFd socket_;
};

}  // namespace viaduct
