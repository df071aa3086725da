#pragma once

#include <string>

#include "net/address.h"
#include "net/unique_fd.h"

namespace viaduct::net {

// Two ends of one connection, non-blocking.
struct SocketPair {
  UniqueFd ours;
  UniqueFd theirs;
};

SocketPair MakeUnixPair();
SocketPair MakeTcpPair();

// Makes the kernel's buffers small, so that writers soon meet a full socket.
void ShrinkBuffers(const SocketPair& pair);

// A loopback address on which nobody listens and, while `holder` lives, nobody will.
struct DeadAddress {
  UniqueFd holder;
  SocketAddress address;
};
DeadAddress MakeDeadAddress();

// Returns a new blocking connection to `address`; empty, with errno, if it is refused.
UniqueFd ConnectTo(const SocketAddress& address);

// A directory under /tmp, short enough for the path of a Unix socket, removed with all in it.
class TempDirectory {
 public:
  TempDirectory();
  ~TempDirectory();
  TempDirectory(const TempDirectory&) = delete;
  TempDirectory& operator=(const TempDirectory&) = delete;

  std::string File(const std::string& name) const { return path_ + "/" + name; }
  SocketAddress Socket(const std::string& name) const;

 private:
  std::string path_;
};

}  // namespace viaduct::net
