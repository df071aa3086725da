// Boost.Beast must accept and read alike everything that we accept. Beast is laxer in many places, where we refuse
// more; the table of attacks covers those.
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <ostream>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/body_reader.h"
#include "http/field.h"
#include "http/head.h"
#include "tests/http/heads.h"
#include "text/ascii.h"

namespace viaduct::http {
namespace {

namespace beast = boost::beast;

constexpr int kMutants = 40'000;

// One reader's view of the bytes.
struct Reading {
  std::string refused;  // the reason, or empty
  std::size_t size = 0;
  std::string method;
  std::string target;
  int minor_version = 0;
  std::vector<std::pair<std::string, std::string>> fields;
  BodyLength::Kind body = BodyLength::Kind::kNone;
  std::uint64_t body_bytes = 0;
  bool keep_alive = false;

  bool operator==(const Reading&) const = default;
};

void PrintTo(const Reading& reading, std::ostream* out) {
  *out << "refused: '" << reading.refused << "' size: " << reading.size << " method: '" << reading.method
       << "' target: '" << reading.target << "' HTTP/1." << reading.minor_version
       << " body: " << static_cast<int>(reading.body) << "/" << reading.body_bytes << " stays: " << reading.keep_alive
       << " fields:\n";
  for (const auto& [name, value] : reading.fields) *out << "  '" << name << "': '" << value << "'\n";
}

// Beast keeps fields of one name together, at the place of the first: that order is the one compared.
void GroupByName(std::vector<std::pair<std::string, std::string>>* fields) {
  std::vector<std::pair<std::string, std::string>> grouped;
  for (const auto& field : *fields) {
    const auto same = [&](const auto& other) { return text::EqualsIgnoreCase(other.first, field.first); };
    const auto last = std::find_if(grouped.rbegin(), grouped.rend(), same);
    grouped.insert(last == grouped.rend() ? grouped.end() : last.base(), field);
  }
  *fields = std::move(grouped);
}

Reading ReadByUs(std::string_view bytes) {
  const auto read = ReadRequest(bytes);
  Reading reading;
  if (!read.accepted()) {
    reading.refused = read.error.has_value() ? kHeadErrors.Name(*read.error) : "incomplete";
    return reading;
  }
  const RequestHead& head = read.head;
  reading.size = read.size;
  reading.method = head.method;
  reading.target = head.target;
  reading.minor_version = head.minor_version;
  for (const Field& field : head.fields) reading.fields.emplace_back(field.name, field.value);
  GroupByName(&reading.fields);
  reading.body = head.body.kind;
  reading.body_bytes = head.body.bytes;
  reading.keep_alive = head.keep_alive;
  return reading;
}

using BeastParser = beast::http::request_parser<beast::http::string_body>;

void LiftLimits(BeastParser* parser) {
  parser->header_limit(1 << 20);
  parser->body_limit(boost::none);
}

Reading ReadByBeast(std::string_view bytes) {
  BeastParser parser;
  LiftLimits(&parser);
  Reading reading;
  while (!parser.is_header_done()) {
    boost::system::error_code error;
    reading.size += parser.put(boost::asio::buffer(bytes.substr(reading.size)), error);
    if (error) {
      reading.refused = error.message();
      return reading;
    }
  }
  const auto& head = parser.get();
  reading.method = std::string(head.method_string());
  reading.target = std::string(head.target());
  reading.minor_version = static_cast<int>(head.version()) - 10;
  for (const auto& field : head) reading.fields.emplace_back(field.name_string(), field.value());
  const auto length = parser.content_length();
  if (parser.chunked()) {
    reading.body = BodyLength::Kind::kChunked;
  } else if (length.has_value() && *length > 0) {
    reading.body = BodyLength::Kind::kContentLength;
    reading.body_bytes = *length;
  }
  reading.keep_alive = parser.keep_alive();
  return reading;
}

// Exception 1: Beast takes Proxy-Connection, which no standard knows, for Connection, and then refuses or closes where
// we do neither.
bool HasProxyConnection(const Reading& reading) {
  return std::any_of(reading.fields.begin(), reading.fields.end(),
                     [](const auto& field) { return text::EqualsIgnoreCase(field.first, "proxy-connection"); });
}

// Exception 2: in HTTP/1.0 Beast lets `keep-alive` win over `close`, which RFC 9112 section 9.3 has the other way
// round.
bool ClosesHttp10(const Reading& reading) {
  return reading.minor_version == 0 && std::any_of(reading.fields.begin(), reading.fields.end(), [](const auto& field) {
           return text::EqualsIgnoreCase(field.first, "connection") && ListHasToken(field.second, "close");
         });
}

// Returns true if we accept the bytes, which Beast then must as well.
bool AcceptedAlike(std::string_view bytes) {
  const Reading ours = ReadByUs(bytes);
  if (!ours.refused.empty() || HasProxyConnection(ours)) return false;
  Reading theirs = ReadByBeast(bytes);
  if (ClosesHttp10(ours)) theirs.keep_alive = false;
  EXPECT_EQ(ours, theirs) << "of these bytes:\n" << bytes;
  return true;
}

TEST(BeastDifferentialTest, ReadsGoodHeadsAsWeDo) {
  for (const GoodHead& good : GoodRequestHeads()) EXPECT_TRUE(AcceptedAlike(good.bytes)) << good.what;
}

// Damages heads where parsers are known to differ: line ends, whitespace, separators, framing fields.
class Mutator {
 public:
  explicit Mutator(std::uint32_t seed) : random_(seed) {}

  std::size_t Below(std::size_t bound) { return std::uniform_int_distribution<std::size_t>(0, bound - 1)(random_); }

  std::string Mutate(std::string bytes) {
    for (std::size_t changes = 1 + Below(3); changes > 0; --changes) MutateOnce(&bytes);
    return bytes;
  }

 private:
  void MutateOnce(std::string* bytes) {
    switch (Below(8)) {
      case 0:
        bytes->insert(Below(bytes->size() + 1), 1, Byte());
        break;
      case 1:
        if (!bytes->empty()) bytes->erase(Below(bytes->size()), 1);
        break;
      case 2:
        if (!bytes->empty()) (*bytes)[Below(bytes->size())] = Byte();
        break;
      case 3:
        bytes->insert(LineStart(*bytes), Line());
        break;
      case 4: {
        const std::size_t start = LineStart(*bytes);
        bytes->erase(start, LineEnd(*bytes, start) - start);
        break;
      }
      case 5: {
        const std::size_t start = LineStart(*bytes);
        bytes->insert(LineStart(*bytes), bytes->substr(start, LineEnd(*bytes, start) - start));
        break;
      }
      case 6: {  // another value, name kept
        const std::size_t colon = bytes->find(':', LineStart(*bytes));
        const std::size_t end = bytes->find('\r', colon);
        if (end != std::string::npos) bytes->replace(colon + 1, end - colon - 1, Value());
        break;
      }
      case 7: {  // letter case
        if (bytes->empty()) break;
        char& c = (*bytes)[Below(bytes->size())];
        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) c = static_cast<char>(c ^ 0x20);
        break;
      }
    }
  }

  char Byte() {
    static constexpr char kBytes[] = "\r\n\t\0 :;,\"\\/?#[]()@_.-+0159afAxX%|~\x0b\x0c\x7f\x80\xff";
    return kBytes[Below(sizeof kBytes - 1)];
  }

  std::string_view Line() {
    static constexpr std::string_view kLines[] = {
        "\r\n",
        "\n",
        " folded\r\n",
        ": nameless\r\n",
        "Host: b\r\n",
        "Content-Length: 5\r\n",
        "Content-Length: 00\r\n",
        "Content-Length: 18446744073709551617\r\n",
        "Content-Length : 5\r\n",
        "Transfer-Encoding: chunked\r\n",
        "Transfer-Encoding: gzip, chunked\r\n",
        "Transfer-Encoding:\tchunked \r\n",
        "Connection: close\r\n",
        "Connection: a,,b, keep-alive ,\r\n",
        "Connection: \"a,b\", close\r\n",
        "Proxy-Connection: close\r\n",
        "Upgrade: websocket\r\n",
        "Expect: 100-continue\r\n",
        "Via: 1.1 a\r\nvia: 1.1 b\r\n",
        "GET /again HTTP/1.1\r\n",
        "x-a:1\r\nx-b:\r\n",
    };
    return kLines[Below(std::size(kLines))];
  }

  std::string_view Value() {
    static constexpr std::string_view kValues[] = {
        "",
        " ",
        "\t x \t",
        " close",
        " keep-alive",
        " close, x",
        " close x",
        " 0",
        " 1,1",
        "7",
        "a",
        "a:80",
        "[::1]",
        "[::1]:80",
        " chunked",
        "identity",
        " \"q\\\"",
        " a\xff"
        "b",
    };
    return kValues[Below(std::size(kValues))];
  }

  std::size_t LineStart(const std::string& bytes) {
    const std::size_t feed = bytes.find('\n', Below(bytes.size() + 1));
    return feed == std::string::npos ? 0 : feed + 1;
  }

  static std::size_t LineEnd(const std::string& bytes, std::size_t start) {
    const std::size_t feed = bytes.find('\n', start);
    return feed == std::string::npos ? bytes.size() : feed + 1;
  }

  std::mt19937 random_;
};

TEST(BeastDifferentialTest, ReadsMutantsAsWeDo) {
  Mutator mutator(20261123);
  int accepted = 0;
  for (int i = 0; i < kMutants && !HasFailure(); ++i) {
    const GoodHead& good = GoodRequestHeads()[mutator.Below(GoodRequestHeads().size())];
    if (AcceptedAlike(mutator.Mutate(good.bytes))) ++accepted;
  }
  RecordProperty("accepted", accepted);
  // Enough of both kinds, or the mutants would show nothing.
  EXPECT_GT(accepted, kMutants / 10);
  EXPECT_LT(accepted, kMutants * 9 / 10);
}

// The content of a chunked body and how many bytes it took, or nullopt when it is refused or incomplete.
using Content = std::optional<std::pair<std::string, std::size_t>>;

Content BodyByUs(std::string_view bytes) {
  BodyReader reader(BodyLength{.kind = BodyLength::Kind::kChunked});
  std::string content;
  std::size_t at = 0;
  while (!reader.complete()) {
    const BodyReader::Piece piece = reader.Next(bytes.substr(at));
    if (piece.size == 0) return std::nullopt;
    if (piece.kind == BodyReader::Piece::Kind::kContent) content.append(bytes.substr(at, piece.size));
    at += piece.size;
  }
  return std::pair(content, at);
}

// Exception 3: Beast lets trailers be fields of the head, and refuses some because of the head's rules.
bool HasTrailerThatBeastObeys(std::string_view bytes) {
  for (std::string_view name : {"\nConnection:", "\nProxy-Connection:", "\nContent-Length:", "\nTransfer-Encoding:"}) {
    const auto found = std::search(bytes.begin(), bytes.end(), name.begin(), name.end(),
                                   [](char a, char b) { return text::EqualsIgnoreCase({&a, 1}, {&b, 1}); });
    if (found != bytes.end()) return true;
  }
  return false;
}

Content BodyByBeast(std::string_view bytes) {
  BeastParser parser;
  LiftLimits(&parser);
  parser.eager(true);
  const std::string head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  const std::string all = head + std::string(bytes);
  std::size_t at = 0;
  while (!parser.is_done()) {
    boost::system::error_code error;
    const std::size_t taken = parser.put(boost::asio::buffer(std::string_view(all).substr(at)), error);
    if (error || taken == 0) return std::nullopt;
    at += taken;
  }
  return std::pair(parser.get().body(), at - head.size());
}

TEST(BeastDifferentialTest, ReadsChunkedMutantsAsWeDo) {
  const std::string_view kBodies[] = {
      "5\r\nhello\r\n0\r\n\r\n",
      "1\r\na\r\n00a\r\n0123456789\r\n0\r\nx: y\r\nVia: 1.1 z\r\n\r\n",
      "10\r\n\r\n0\r\n\r\nGET / HTT\r\n0\r\n\r\nGET / HTTP/1.1\r\n",
  };
  Mutator mutator(7);
  int accepted = 0;
  for (int i = 0; i < kMutants && !HasFailure(); ++i) {
    const std::string bytes = mutator.Mutate(std::string(kBodies[mutator.Below(std::size(kBodies))]));
    const Content ours = BodyByUs(bytes);
    if (!ours.has_value() || HasTrailerThatBeastObeys(bytes)) continue;
    ++accepted;
    EXPECT_EQ(ours, BodyByBeast(bytes)) << "of these bytes:\n" << bytes;
  }
  EXPECT_GT(accepted, kMutants / 20);
  EXPECT_LT(accepted, kMutants * 9 / 10);
}

}  // namespace
}  // namespace viaduct::http
