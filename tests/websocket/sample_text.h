#pragma once

#include <cstddef>
#include <random>
#include <string>

namespace viaduct::websocket {

// Returns `size` bytes, or slightly less, of UTF-8 that repeats itself as chats do, near and far, with parts that do
// not compress.
std::string SampleText(std::mt19937& random, std::size_t size);

}  // namespace viaduct::websocket
