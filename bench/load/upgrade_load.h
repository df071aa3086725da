#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "bench/load/edge_head.h"
#include "bench/load/load.h"
#include "net/unique_fd.h"

namespace viaduct::bench {

// Opens and closes tunnels. One operation is a connect, an upgrade whose 101 answers its key, a chat's welcome if one
// is expected, and a close. As many run at the same time as there are connections.
class UpgradeLoad : public Load {
 public:
  enum class Behind101 : std::uint8_t { kNothing, kWelcome };

  UpgradeLoad(const LoadOptions& options, Behind101 behind);

  Report Open(std::size_t count) override;
  Report Run(Goal goal) override;

 protected:
  void React(std::uint64_t tag) override;

 private:
  struct Attempt {
    net::UniqueFd fd;
    std::uint64_t number = 0;
    Goal::Clock::time_point begun;
    std::string answer;  // the head, and what is behind it
  };

  // Begins the next upgrade in this place, if the goal allows.
  void Begin(std::size_t place, Goal::Clock::time_point now);

  // Returns true if everything has arrived. Ends the process if it is wrong.
  bool IsWhole(const Attempt& attempt) const;

  UpgradeHeads heads_;
  Behind101 behind_;
  std::vector<Attempt> attempts_;
  std::uint64_t begun_ = 0;
  std::size_t under_way_ = 0;
  // State of the current run.
  Goal goal_ = Goal::Count(0);
  Report report_;
};

}  // namespace viaduct::bench
