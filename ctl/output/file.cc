#include "ctl/output/file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "ctl/output/text.h"

namespace viaduct::ctl {

absl::StatusOr<std::string> ReadInput(const std::string& path, std::size_t max_bytes) {
  const bool standard_input = path == "-";
  const std::string name = standard_input ? "standard input" : Escape(path);
  const int fd = standard_input ? STDIN_FILENO : open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return absl::NotFoundError(absl::StrCat("cannot read ", name, ": ", std::strerror(errno)));
  const absl::Cleanup close_file = [fd, standard_input] {
    if (!standard_input) close(fd);
  };

  std::string content;
  constexpr std::size_t kChunk = 64 * 1024;
  while (true) {
    const std::size_t used = content.size();
    content.resize(used + kChunk);
    const ssize_t count = read(fd, content.data() + used, kChunk);
    content.resize(used + (count > 0 ? static_cast<std::size_t>(count) : 0));
    if (count == 0) return content;
    if (count < 0 && errno != EINTR) {
      return absl::NotFoundError(absl::StrCat("cannot read ", name, ": ", std::strerror(errno)));
    }
    if (content.size() > max_bytes) {
      return absl::InvalidArgumentError(absl::StrCat(name, " has more than ", max_bytes, " bytes"));
    }
  }
}

}  // namespace viaduct::ctl
