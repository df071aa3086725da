#include "bench/failure.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <iostream>
#include <string_view>

namespace viaduct::bench {

void Fail(std::string_view what) {
  std::cerr << "bench: " << what << '\n' << std::flush;
  // Without destructors: the peers see their connections end, whatever state they are in.
  ::_exit(1);
}

void FailWithErrno(std::string_view what) {
  const int error = errno;
  std::cerr << "bench: " << what << ": " << std::strerror(error) << '\n' << std::flush;
  ::_exit(1);
}

}  // namespace viaduct::bench
