#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace viaduct::bench {

// The head of a response, as far as the load generator checks it. Refers to the bytes that it was read from.
struct Answer {
  int status = 0;
  std::size_t head_bytes = 0;
  // 0 if the head does not say.
  std::size_t content_length = 0;
  std::string_view accept;  // Sec-WebSocket-Accept
};

// Reads the answer at the front of `bytes`; nullopt if its head is incomplete. Ends the process if it is not an answer.
std::optional<Answer> ReadAnswer(std::string_view bytes);

}  // namespace viaduct::bench
