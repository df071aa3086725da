// Any bytes are a response head or are refused, and a head that is accepted and written down again from what was read
// is read alike.
//
// The first byte chooses the request's method: HEAD or GET.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "http/field.h"
#include "http/head.h"
#include "tests/fuzz/require.h"
#include "tests/http/heads.h"

namespace viaduct::http {
namespace {

std::string Written(const ResponseHead& head) {
  std::string bytes = head.minor_version == 1 ? "HTTP/1.1 " : "HTTP/1.0 ";
  bytes += std::to_string(head.status) + " " + std::string(head.reason) + "\r\n";
  for (const Field& field : head.fields) bytes += std::string(field.name) + ": " + std::string(field.value) + "\r\n";
  return bytes + "\r\n";
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view method = (data[0] & 1) != 0 ? "HEAD" : "GET";
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto read = ReadResponse(bytes, method);
  if (!read.accepted()) return 0;

  const ResponseHead& head = read.head;
  Require(head.status >= 100 && head.status <= 599, "a status is a status");
  const bool bodyless = method == "HEAD" || head.status < 200 || head.status == 204 || head.status == 304;
  Require(!bodyless || head.body.kind == BodyLength::Kind::kNone, "an answer without a body has none");
  Require(!head.keep_alive || head.body.kind != BodyLength::Kind::kUntilClose, "what ends with the close closes");
  const std::string written = Written(head);
  const auto again = ReadResponse(written, method, {.max_head_bytes = written.size()});
  Require(again.accepted() && again.size == written.size(), "a head that was written down is accepted");
  Require(Written(again.head) == written, "a head that was written down has the same fields");
  Require(again.head.body.kind == head.body.kind && again.head.body.bytes == head.body.bytes,
          "a head that was written down has the same body");
  return 0;
}

}  // namespace viaduct::http
