#pragma once

#include <string>

namespace viaduct {

// A path for a Unix socket, in a new directory that goes with this object. Bazel's own test directories have names that
// are too long for one.
class SocketPath {
 public:
  SocketPath();
  ~SocketPath();
  SocketPath(const SocketPath&) = delete;
  SocketPath& operator=(const SocketPath&) = delete;

  const std::string& path() const { return path_; }

 private:
  std::string directory_;
  std::string path_;
};

}  // namespace viaduct
