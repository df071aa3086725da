#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "bench/load/edge_head.h"
#include "bench/load/load.h"
#include "bench/load/message.h"
#include "bench/load/tunnel.h"

namespace viaduct::bench {

// Sends messages through tunnels that stay open. Each message comes back before its tunnel sends the next one, unless
// --depth allows more. One operation is one message there and back. Large messages make it the bulk load, no messages
// the idle one.
class EchoLoad : public Load {
 public:
  explicit EchoLoad(const LoadOptions& options);

  Report Open(std::size_t count) override;
  Report Run(Goal goal) override;

 protected:
  void React(std::uint64_t tag) override;

 private:
  void OpenBatch(std::size_t count);
  // Begins a message on the next tunnel that has room, if the goal allows. There must be one with room.
  void BeginNext(Goal& goal, Tunnel::Clock::time_point now);

  UpgradeHeads heads_;
  Messages messages_;
  std::vector<std::unique_ptr<Tunnel>> tunnels_;
  std::vector<char> block_;
  std::vector<Tunnel::Clock::time_point> returned_;
  std::size_t next_ = 0;
  std::size_t under_way_ = 0;
  std::size_t opened_ = 0;
};

}  // namespace viaduct::bench
