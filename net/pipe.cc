#include "net/pipe.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "absl/base/macros.h"

namespace viaduct::net {
namespace {

// A pipe has a place for each page, or part of one, that a segment of the network filled, so 64 KiB of a stream need
// more places than 64 KiB of memory. The kernel denies it to processes that already hold much pipe memory; the default
// then has to suffice.
constexpr int kCapacity = 256 * 1024;

}  // namespace

std::optional<Pipe> Pipe::Create() {
  std::array<int, 2> ends;
  if (::pipe2(ends.data(), O_NONBLOCK | O_CLOEXEC) != 0) return std::nullopt;
  Pipe pipe{UniqueFd(ends[0]), UniqueFd(ends[1])};
  [[maybe_unused]] const int size = ::fcntl(pipe.write_end(), F_SETPIPE_SZ, kCapacity);
  return pipe;
}

void Pipe::MoveTo(std::string* text) {
  text->resize(text->size() + size_);
  while (size_ > 0) {
    const ssize_t got = ::read(read_end(), text->data() + text->size() - size_, size_);
    // A pipe gives what is in it, and cannot fail.
    ABSL_HARDENING_ASSERT(got > 0 || errno == EINTR);
    if (got > 0) Removed(static_cast<std::size_t>(got));
  }
}

Pipe* WorkerPipe::Get() {
  if (!pipe_.has_value()) pipe_ = Pipe::Create();
  return pipe_.has_value() ? &*pipe_ : nullptr;
}

}  // namespace viaduct::net
