#include "ops/config/bounded_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "net/unique_fd.h"

namespace viaduct::ops {
namespace {

std::string SizeText(std::size_t bytes) {
  constexpr std::size_t kKib = std::size_t{1} << 10;
  constexpr std::size_t kMib = std::size_t{1} << 20;
  if (bytes % kMib == 0) return absl::StrCat(bytes / kMib, " MiB");
  if (bytes % kKib == 0) return absl::StrCat(bytes / kKib, " KiB");
  return absl::StrCat(bytes, " bytes");
}

absl::Status ErrorAt(const std::string& path, absl::string_view rule) {
  return absl::InvalidArgumentError(absl::StrCat("\"", absl::Utf8SafeCEscape(path), "\": ", rule));
}

enum class Paths { kShown, kShownIfTheyExist };

absl::StatusOr<std::string> Read(const std::string& path, std::size_t max_bytes, Paths paths) {
  const auto failed = [&path, paths](int number) {
    const std::string rule =
        absl::StrCat("cannot be read: ", std::error_code(number, std::generic_category()).message());
    const bool exists = number == EACCES || number == EIO || number == EPERM;
    const absl::Status status =
        paths == Paths::kShown || exists ? ErrorAt(path, rule) : absl::InvalidArgumentError(rule);
    return number == ENOENT ? absl::NotFoundError(status.message()) : status;
  };
  // O_NONBLOCK: if this is a pipe, do not wait for a writer.
  const net::UniqueFd file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file) return failed(errno);
  struct stat status{};
  if (fstat(file.get(), &status) != 0) return failed(errno);
  if (!S_ISREG(status.st_mode)) return ErrorAt(path, "is not a regular file");

  std::string text;
  for (;;) {
    const std::size_t size = text.size();
    // One byte more than allowed shows that it is too large; it may grow while it is read.
    const std::size_t room = std::min(std::max(size, std::size_t{64} << 10), max_bytes + 1 - size);
    text.resize(size + room);
    const ssize_t got = read(file.get(), text.data() + size, room);
    text.resize(size + static_cast<std::size_t>(got < 0 ? 0 : got));
    if (got < 0 && errno != EINTR) return failed(errno);
    if (got == 0) return text;
    if (text.size() > max_bytes) return ErrorAt(path, absl::StrCat("is larger than ", SizeText(max_bytes)));
  }
}

absl::StatusOr<std::string> ReadNonEmpty(const std::string& path, Paths paths) {
  constexpr std::size_t kMaxBytes = std::size_t{1} << 20;
  absl::StatusOr<std::string> text = Read(path, kMaxBytes, paths);
  if (text.ok() && text->empty()) return ErrorAt(path, "is empty");
  return text;
}

}  // namespace

absl::StatusOr<std::string> ReadBoundedFile(const std::string& path, std::size_t max_bytes) {
  return Read(path, max_bytes, Paths::kShown);
}

absl::StatusOr<std::string> ReadSecretFile(const std::string& path, std::size_t max_bytes) {
  return Read(path, max_bytes, Paths::kShownIfTheyExist);
}

absl::StatusOr<std::string> ReadCredentialFile(const std::string& path) { return ReadNonEmpty(path, Paths::kShown); }

absl::StatusOr<std::string> ReadSecretCredentialFile(const std::string& path) {
  return ReadNonEmpty(path, Paths::kShownIfTheyExist);
}

}  // namespace viaduct::ops
