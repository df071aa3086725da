#include "tests/fuzz/require.h"

#include <cstdio>
#include <cstdlib>

namespace viaduct {

void Require(bool holds, const char* property) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", property);
  std::abort();
}

}  // namespace viaduct
