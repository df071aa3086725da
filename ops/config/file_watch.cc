#include "ops/config/file_watch.h"

#include <algorithm>
#include <cerrno>
#include <utility>

namespace viaduct::ops {
namespace {

bool Same(const timespec& a, const timespec& b) { return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec; }

}  // namespace

FileWatch::Sight FileWatch::Sight::Of(const std::string& path) {
  struct stat status{};
  if (stat(path.c_str(), &status) != 0) return {.error = errno};
  return {.device = status.st_dev,
          .inode = status.st_ino,
          .size = status.st_size,
          .modified = status.st_mtim,
          .changed = status.st_ctim};
}

bool FileWatch::Sight::SameAs(const Sight& other) const {
  return error == other.error && device == other.device && inode == other.inode && size == other.size &&
         Same(modified, other.modified) && Same(changed, other.changed);
}

void FileWatch::Watch(std::vector<std::string> paths) {
  std::vector<File> files;
  for (std::string& path : paths) {
    const auto known = std::ranges::find(files_, path, &File::path);
    files.push_back(known != files_.end() ? *known : File{.path = path, .sight = Sight::Of(path)});
  }
  files_ = std::move(files);
}

FileWatch::Look FileWatch::LookAgain() {
  Look look = Look::kSame;
  changing_.clear();
  for (File& file : files_) {
    const Sight sight = Sight::Of(file.path);
    if (!sight.SameAs(file.sight)) {
      file.sight = sight;
      file.settling = kSettlingLooks;
      look = Look::kChanged;
      changing_ = file.path;
    } else if (file.settling > 0) {
      --file.settling;
      look = std::max(look, Look::kSettling);
    }
  }
  return look;
}

}  // namespace viaduct::ops
