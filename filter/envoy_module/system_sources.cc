#include "filter/envoy_module/system_sources.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <system_error>

#include "text/concat.h"

namespace viaduct::filter {
namespace {

constexpr std::size_t kMaxBytes = std::size_t{52} << 20;

text::Error CannotBeRead(int number) {
  return text::Error{text::Concat("cannot be read: ", std::error_code(number, std::generic_category()).message()),
                     number == ENOENT ? text::Error::Code::kNotFound : text::Error::Code::kInvalid};
}

text::Result<std::string> ReadAll(int file) {
  struct stat status{};
  if (fstat(file, &status) != 0) return CannotBeRead(errno);
  if (!S_ISREG(status.st_mode)) return text::Error{"is not a regular file"};
  std::string content;
  for (;;) {
    const std::size_t size = content.size();
    // One byte more than allowed shows that it is too large; it may grow while it is read.
    const std::size_t room = std::min(std::max(size, std::size_t{64} << 10), kMaxBytes + 1 - size);
    content.resize(size + room);
    const ssize_t got = read(file, content.data() + size, room);
    content.resize(size + static_cast<std::size_t>(got < 0 ? 0 : got));
    if (got < 0 && errno != EINTR) return CannotBeRead(errno);
    if (got == 0) return content;
    if (content.size() > kMaxBytes) return text::Error{"is larger than 52 MiB"};
  }
}

}  // namespace

text::Result<std::string> SystemSources::ReadFile(const std::string& path) const {
  // O_NONBLOCK: if this is a pipe, do not wait for a writer.
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (file < 0) return CannotBeRead(errno);
  text::Result<std::string> content = ReadAll(file);
  close(file);
  return content;
}

std::string SystemSources::ReadEnvironment(const std::string& name) const {
  const char* const value = std::getenv(name.c_str());
  return value == nullptr ? "" : value;
}

}  // namespace viaduct::filter
