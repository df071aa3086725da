#include "net/pipe.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>

namespace viaduct::net {
namespace {

// Room for several large frames: more than the default of 64 KiB halves the calls. The kernel denies it to processes
// that already hold much pipe memory; the default then has to suffice.
constexpr int kCapacity = 512 * 1024;

}  // namespace

std::optional<Pipe> Pipe::Create() {
  std::array<int, 2> ends;
  if (::pipe2(ends.data(), O_NONBLOCK | O_CLOEXEC) != 0) return std::nullopt;
  Pipe pipe{UniqueFd(ends[0]), UniqueFd(ends[1])};
  [[maybe_unused]] const int size = ::fcntl(pipe.write_end(), F_SETPIPE_SZ, kCapacity);
  return pipe;
}

std::optional<Pipe> PipePool::Take() {
  if (free_.empty()) return Pipe::Create();
  Pipe pipe = std::move(free_.back());
  free_.pop_back();
  return pipe;
}

void PipePool::Give(Pipe pipe) {
  if (pipe.empty() && free_.size() < kMaxKept) free_.push_back(std::move(pipe));
}

}  // namespace viaduct::net
