// Any bytes give the same answer however they arrive, and a head that is accepted and written down again from what was
// read is read alike: what is forwarded is what was checked.

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

std::string Written(const RequestHead& head) {
  std::string bytes = std::string(head.method) + " " + std::string(head.target);
  bytes += head.minor_version == 1 ? " HTTP/1.1\r\n" : " HTTP/1.0\r\n";
  for (const Field& field : head.fields) bytes += std::string(field.name) + ": " + std::string(field.value) + "\r\n";
  return bytes + "\r\n";
}

void RequireClean(const RequestHead& head) {
  Require(head.target.starts_with('/'), "a target is in origin-form");
  const auto host = head.fields.Single(FieldName::kHost);
  Require(host.has_value() || head.minor_version == 0, "only HTTP/1.0 lacks a Host");
  Require(host.value_or("") == head.host, "the host is the one Host field");
  Require(head.method.size() <= kMaxMethodBytes, "a method is short");
  const bool has_coding = !head.fields.First(FieldName::kTransferEncoding).empty();
  Require(has_coding == (head.body.kind == BodyLength::Kind::kChunked), "a transfer coding is chunked");
  Require(head.body.kind != BodyLength::Kind::kUntilClose, "a request does not end with the connection");
  for (const Field& field : head.fields) {
    Require(IsToken(field.name), "a name is a token");
    Require(IsFieldValue(field.value), "a value has no control characters");
    Require(TrimWhitespace(field.value) == field.value, "a value is trimmed");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const SizeOrError found = FindAtOnce(bytes);
  Require(FindByteByByte(bytes) == found, "the finder says the same byte by byte");

  const auto read = ReadRequest(bytes);
  if (!read.accepted()) return 0;
  RequireClean(read.head);
  const std::string written = Written(read.head);
  const auto again = ReadRequest(written, {.max_head_bytes = written.size()});
  Require(again.accepted() && again.size == written.size(), "a head that was written down is accepted");
  Require(Written(again.head) == written, "a head that was written down has the same fields");
  Require(again.head.body.kind == read.head.body.kind && again.head.body.bytes == read.head.body.bytes,
          "a head that was written down has the same body");
  Require(again.head.wants_websocket == read.head.wants_websocket, "a head that was written down asks for the same");
  Require(again.head.keep_alive == read.head.keep_alive, "a head that was written down stays as long");
  return 0;
}

}  // namespace viaduct::http
