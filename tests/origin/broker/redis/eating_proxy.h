#pragma once

#include <atomic>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "net/unique_fd.h"
#include "origin/broker/redis/client/redis_endpoint.h"

namespace viaduct::origin {

// Stands between a client and a server on a Unix socket, and misbehaves on demand. Thread-safe.
class EatingProxy {
 public:
  // Listens in front of `upstream`, the path of a Unix socket.
  explicit EatingProxy(std::string upstream);
  ~EatingProxy();
  EatingProxy(const EatingProxy&) = delete;
  EatingProxy& operator=(const EatingProxy&) = delete;

  RedisEndpoint Endpoint() const;
  // Drops the server's answers, while all commands reach it. A connection that has lost an answer never carries another
  // one: a stream has no holes.
  void EatAnswers(bool eat) { eat_ = eat; }
  // While true, no connection gets through, beginning when Refuse(true) returns.
  void Refuse(bool refuse);
  // While set, a client that reads a part of a stream gets no answer, nor any other on that connection; all others do.
  void HoldReads(bool hold) { hold_ = hold; }
  // True if such an answer waits; the number of other answers that have passed since HoldReads(true).
  bool holding() const { return holding_; }
  int passed() const { return passed_; }
  // Cuts all connections, each with what is on its way.
  void CutAll() { cut_ = true; }

 private:
  struct Pair {
    net::UniqueFd client;
    net::UniqueFd server;
    bool reads = false;  // has asked for a part of a stream while that is held
    bool eaten = false;  // has lost an answer
  };

  void Run();
  void Accept();
  // Returns false when the connection is over.
  bool CarryQuestion(Pair* pair) const;
  bool CarryAnswer(Pair* pair);
  static bool Send(const net::UniqueFd& to, std::string_view bytes);

  const std::string upstream_;
  std::string directory_;
  std::string path_;
  net::UniqueFd listener_;
  std::vector<Pair> pairs_;
  std::atomic<bool> eat_{false};
  std::atomic<bool> refuse_{false};
  std::atomic<bool> hold_{false};
  std::atomic<bool> holding_{false};
  std::atomic<int> passed_{0};
  std::atomic<bool> cut_{false};
  std::atomic<unsigned> turns_{0};
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

}  // namespace viaduct::origin
