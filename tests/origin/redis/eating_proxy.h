#pragma once

#include <atomic>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "net/unique_fd.h"
#include "origin/redis/redis_endpoint.h"

namespace viaduct {

// Stands between a client and a server on a Unix socket, and misbehaves on demand. Thread-safe.
class EatingProxy {
 public:
  // In front of `upstream`, the path of a Unix socket.
  explicit EatingProxy(std::string upstream);
  ~EatingProxy();
  EatingProxy(const EatingProxy&) = delete;
  EatingProxy& operator=(const EatingProxy&) = delete;

  RedisEndpoint Endpoint() const;
  // What the server answers is dropped, while all that it is told reaches it.
  void EatAnswers(bool eat) { eat_ = eat; }
  // Nobody gets through any more.
  void Refuse(bool refuse) { refuse_ = refuse; }
  // Cuts all connections, each with what is on its way.
  void CutAll() { cut_ = true; }

 private:
  struct Pair {
    UniqueFd client;
    UniqueFd server;
  };

  void Run();
  void Accept();
  // False when the connection is over.
  bool Carry(const UniqueFd& from, const UniqueFd& to, bool eat) const;

  const std::string upstream_;
  std::string directory_;
  std::string path_;
  UniqueFd listener_;
  std::vector<Pair> pairs_;
  std::atomic<bool> eat_{false};
  std::atomic<bool> refuse_{false};
  std::atomic<bool> cut_{false};
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

}  // namespace viaduct
