#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <string>
#include <vector>

namespace viaduct::ops {

// Detects changes of files by polling the identity of the file behind each path, its size and its times. So it sees an
// atomic rename, a write in place, a changed symbolic link and a changed mount, on any file system, but only when
// asked. A file may be missing.
//
// Two changes within one tick of a file system's clock look like one. So a file that changed must be read again at the
// next kSettlingLooks looks, even if it seems unchanged; not before, because it may still be written to.
//
// Not thread-safe. A value.
class FileWatch {
 public:
  static constexpr int kSettlingLooks = 2;

  enum class Look : std::uint8_t { kSame, kSettling, kChanged };

  // Replaces the list. Keeps the state of files that stay. A new file must be read again as if it had just changed,
  // since it may have changed after it was read.
  void Watch(std::vector<std::string> paths);
  // Checks all files; returns the greatest result.
  Look LookAgain();

  bool empty() const { return files_.empty(); }
  // Returns the path of a file whose last check found it changed; "" if there is none.
  const std::string& changing() const { return changing_; }

 private:
  // The observed state of one path. A value.
  struct Sight {
    int error = 0;  // an errno; if it is set, nothing else is
    dev_t device = 0;
    ino_t inode = 0;
    off_t size = 0;
    timespec modified{};
    timespec changed{};  // changes even when a copy keeps the modification time

    static Sight Of(const std::string& path);
    bool SameAs(const Sight& other) const;
  };
  struct File {
    std::string path;
    Sight sight;
    int settling = kSettlingLooks;
  };

  std::vector<File> files_;
  std::string changing_;
};

}  // namespace viaduct::ops
