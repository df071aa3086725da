// Any bytes, however cut, are the same body: the same content, the same end or error, the same bytes left behind.
//
// The first byte chooses the framing, for a known length also that (its upper six bits) and for chunks how lenient
// their lines are, the second seeds the random cuts; the rest is the body and what follows it.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <random>
#include <string_view>
#include <vector>

#include "http/body_reader.h"
#include "http/head.h"
#include "tests/fuzz/require.h"
#include "tests/http/bodies.h"

namespace viaduct::http {
namespace {

BodyLength LengthFrom(std::uint8_t choice) {
  switch (choice & 3) {
    case 0:
      return {.kind = BodyLength::Kind::kNone};
    case 1:
      return {.kind = BodyLength::Kind::kContentLength, .bytes = static_cast<std::uint64_t>(choice >> 2)};
    case 2:
      return {.kind = BodyLength::Kind::kUntilClose};
    default:
      return {.kind = BodyLength::Kind::kChunked};
  }
}

BodyOutcome ReadCutRandomly(BodyLength length, std::string_view bytes, ChunkLines lines, std::mt19937& random) {
  std::vector<std::string_view> pieces = {""};
  while (!bytes.empty()) {
    const std::size_t size = std::min<std::size_t>(random() % 64, bytes.size());
    pieces.push_back(bytes.substr(0, size));
    bytes.remove_prefix(size);
  }
  return ReadBody(length, pieces, lines);
}

void RequireBounded(const BodyOutcome& outcome) {
  Require(outcome.most_held <= BodyReader::kMaxHeldBytes, "no more is held than promised");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const BodyLength length = LengthFrom(data[0]);
  std::mt19937 random(data[1]);
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 2, size - 2);

  const ChunkLines lines = (data[0] & 4) != 0 ? ChunkLines::kLenient : ChunkLines::kStrict;
  const BodyOutcome whole = ReadBodyAtOnce(length, bytes, lines);
  const BodyOutcome by_byte = ReadBodyByteByByte(length, bytes, lines);
  const BodyOutcome cut = ReadCutRandomly(length, bytes, lines, random);
  RequireBounded(whole);
  RequireBounded(by_byte);
  RequireBounded(cut);
  Require(by_byte == whole, "byte by byte the body is the same");
  Require(cut == whole, "cut at random the body is the same");
  Require(whole.content.size() + whole.behind.size() <= bytes.size(), "nothing is made up");
  return 0;
}

}  // namespace viaduct::http
