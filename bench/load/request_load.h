#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "bench/load/edge_head.h"
#include "bench/load/load.h"
#include "net/unique_fd.h"

namespace viaduct::bench {

// Sends plain requests on kept connections. One operation is a GET of a target of its own and the answer, whose body
// must be that target.
class RequestLoad : public Load {
 public:
  explicit RequestLoad(const LoadOptions& options);

  Report Open(std::size_t count) override;
  Report Run(Goal goal) override;

 protected:
  void React(std::uint64_t tag) override;

 private:
  struct Connection {
    net::UniqueFd fd;
    std::string target;
    Goal::Clock::time_point begun;
    std::string answer;
  };

  void Begin(Connection& connection, Goal::Clock::time_point now);
  // Returns true if the whole answer has arrived. Ends the process if it is wrong.
  static bool IsComplete(const Connection& connection);

  std::vector<Connection> connections_;
  std::uint64_t begun_ = 0;
  std::size_t under_way_ = 0;
  // State of the current run.
  Goal goal_ = Goal::Count(0);
  Report report_;
};

}  // namespace viaduct::bench
