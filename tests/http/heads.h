#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/head.h"

namespace viaduct::http {

// The final result of HeadFinder: the size of the head or the error; neither while the head is incomplete.
using SizeOrError = std::pair<std::optional<std::size_t>, std::optional<HeadError>>;

// The bytes arrive whole, one by one, or up to each of `stops`, which rise, and then whole.
SizeOrError FindAtOnce(std::string_view bytes);
SizeOrError FindByteByByte(std::string_view bytes);
SizeOrError FindInPieces(std::string_view bytes, std::span<const std::size_t> stops);

// The result for the first bytes of a connection: of HeadFinder, then of the parser. A value; `head` points into the
// bytes it was read from and into `storage`.
template <typename Head>
struct ReadResult {
  bool complete = false;           // the bytes hold a whole head
  std::size_t size = 0;            // of that head
  std::optional<HeadError> error;  // from the finder or the parser
  Head head;                       // when complete and without error
  std::vector<Field> storage;

  bool accepted() const { return complete && !error.has_value(); }
};

ReadResult<RequestHead> ReadRequest(std::string_view bytes, const HeadLimits& limits = {});
ReadResult<ResponseHead> ReadResponse(std::string_view bytes, std::string_view request_method = "GET",
                                      const HeadLimits& limits = {});

// A request head that must be accepted.
struct GoodHead {
  std::string_view what;
  std::string bytes;
};

// Heads as browsers, load balancers and tools send them, and the odd ones that are nevertheless unambiguous.
std::span<const GoodHead> GoodRequestHeads();

// The head of a WebSocket handshake as it arrives through CloudFront and a load balancer.
std::string_view HandshakeHead();

}  // namespace viaduct::http
