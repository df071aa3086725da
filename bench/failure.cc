#include "bench/failure.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <iostream>
#include <string_view>

namespace viaduct::bench {

void Fail(std::string_view what) {
  std::cerr << "bench: " << what << '\n' << std::flush;
  // Exits without destructors: the peers see their connections end, whatever their state.
  ::_exit(1);
}

void FailWithErrno(std::string_view what) {
  const int error = errno;
  std::cerr << "bench: " << what << ": " << std::strerror(error) << '\n' << std::flush;
  ::_exit(1);
}

}  // namespace viaduct::bench
