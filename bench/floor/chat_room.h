#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "net/unique_fd.h"

namespace viaduct::bench {

// The least that a chat can do for its clients: takes their texts as they are, makes each turn's frames once, and sends
// them to everybody with one call for each client. Knows only whole handshakes, and final text frames of clients whose
// texts need no escaping; anything else ends the connection. Not thread-safe.
class ChatRoom {
 public:
  // Adds a connected client. Pass its events to React with `place`; places are reused.
  std::size_t Add(net::UniqueFd fd);
  // Sends what did not fit before and, if `readable`, reads what arrived through `block`.
  void React(std::size_t place, bool readable, std::vector<char>& block);
  // Sends the messages received since the last call.
  void FinishTurn();

 private:
  struct Client {
    net::UniqueFd fd;
    std::unique_ptr<std::string> received;  // the beginning of a frame or handshake
    std::unique_ptr<std::string> unsent;
    bool welcomed = false;
    std::uint32_t last_said = 0;  // 1 + the place in `said_` of its last one of this turn; 0: none
    char id[36];
  };
  // A message of this turn.
  struct Said {
    std::size_t client;
    std::uint32_t previous;  // by the same client, as Client::last_said
    std::size_t begin, end;  // its broadcast in `broadcasts_`
    std::size_t echo_begin, echo_end;
  };

  // Returns how many of `bytes` are handled, or npos if they are not supported.
  std::size_t Consume(std::size_t place, std::span<char> bytes);
  bool Welcome(Client& client, std::string_view head);
  void Say(std::size_t place, std::string_view text);
  // Gathers the bytes for a client that spoke in this turn.
  void GatherFor(const Client& client);
  void Send(Client& client, const iovec* parts, std::size_t count);
  void Flush(Client& client);
  void Remove(std::size_t place);

  std::vector<Client> clients_;
  std::vector<std::size_t> free_;
  std::size_t count_ = 0;  // welcomed
  std::uint64_t ids_ = 0;
  std::string broadcasts_;
  std::string echoes_;
  std::vector<Said> said_;
  std::vector<iovec> parts_;
  std::vector<std::size_t> ended_;
};

}  // namespace viaduct::bench
