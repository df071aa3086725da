#include "tests/support/socket_path.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <system_error>

namespace viaduct {

SocketPath::SocketPath() : directory_("/tmp/viaduct-XXXXXX") {
  if (::mkdtemp(directory_.data()) == nullptr) ADD_FAILURE() << "mkdtemp failed";
  path_ = directory_ + "/socket";
}

SocketPath::~SocketPath() {
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

}  // namespace viaduct
