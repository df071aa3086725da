#pragma once

#include <cstddef>
#include <random>
#include <string>

namespace viaduct::websocket {

// `size` bytes, or few less, of UTF-8 that repeats itself as chats do, near and far, with parts that nothing
// compresses.
std::string SampleText(std::mt19937& random, std::size_t size);

}  // namespace viaduct::websocket
