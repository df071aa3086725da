#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <string>
#include <vector>

namespace viaduct::ops {

// Notices that one of some files changed, by looking at each again: at what stands behind its path, its size and its
// times. So it sees an atomic rename, a write in place, a symbolic link that leads elsewhere and a mount that changed,
// on any file system, but only when asked. A file may be missing.
//
// Two changes within one tick of a file system's clock look like one. So a file that changed is to be read again at the
// next kSettlingLooks looks, whatever it looks like.
//
// Not thread-safe. A value.
class FileWatch {
 public:
  static constexpr int kSettlingLooks = 2;

  enum class Look : std::uint8_t { kSame, kSettling, kChanged };

  // Replaces the list. What was known of a file that stays stays known; a new one is to be read again as if it had
  // just changed, since it may have since it was read.
  void Watch(std::vector<std::string> paths);
  // What is true of any of them.
  Look LookAgain();

  bool empty() const { return files_.empty(); }

 private:
  // What a look at a path sees. A value.
  struct Sight {
    int error = 0;  // an errno, and nothing else is set
    dev_t device = 0;
    ino_t inode = 0;
    off_t size = 0;
    timespec modified{};
    timespec changed{};  // also when a copy keeps the time of its modification

    static Sight Of(const std::string& path);
    bool SameAs(const Sight& other) const;
  };
  struct File {
    std::string path;
    Sight sight;
    int settling = kSettlingLooks;
  };

  std::vector<File> files_;
};

}  // namespace viaduct::ops
