#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "net/unique_fd.h"
#include "origin/broker/redis/client/redis_endpoint.h"
#include "origin/broker/redis/client/redis_reply.h"

namespace viaduct::origin {

// A real redis-server of its own, on a Unix socket, which keeps what it acknowledged over a restart (append-only file,
// written before each answer). Ends with this object. Fails the test process when it does not start within 20 s.
class RedisServer {
 public:
  struct Options {
    std::string password = {};
    // PEM texts; with a certificate it also listens for TLS, on a free port of 127.0.0.1.
    std::string certificate = {};
    std::string private_key = {};
    // Further lines of its config.
    std::vector<std::string> config = {};
  };
  RedisServer() : RedisServer(Options()) {}
  explicit RedisServer(Options options);
  ~RedisServer();
  RedisServer(const RedisServer&) = delete;
  RedisServer& operator=(const RedisServer&) = delete;

  // The endpoints over the Unix socket and over TLS; for TLS the caller sets the other members.
  RedisEndpoint Endpoint() const;
  RedisEndpoint TlsEndpoint() const;
  const std::string& socket_path() const { return socket_; }

  // Starts it again after Kill; returns when it answers.
  void Start();
  // Kills it with SIGKILL.
  void Kill();
  // Sends SIGSTOP, and waits until the process stands still: connections stay and nothing answers.
  void Pause();
  void Resume();

  // Sends one command over a connection of its own and waits for the answer.
  RedisReply Ask(const std::vector<std::string>& command) const;

 private:
  void StartShell();
  bool Listens() const;
  bool Stands() const;

  const Options options_;
  std::string directory_;
  std::string socket_;
  net::UniqueFd held_port_;  // so that nobody else gets it while the server is down
  int tls_port_ = 0;
  // A shell that starts the server. This process must not: a child that is being started shares our descriptors, and
  // those that an event loop of this process closes meanwhile stay in its epoll set.
  pid_t shell_ = -1;
  net::UniqueFd to_shell_;
  net::UniqueFd from_shell_;
  pid_t pid_ = -1;
};

}  // namespace viaduct::origin
