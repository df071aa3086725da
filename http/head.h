#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "http/field.h"
#include "http/fields.h"
#include "text/closed_list.h"

namespace viaduct::http {

// The reason why a message head is refused. The list covers everything that two parsers could read differently: a proxy
// that guesses lets one message be taken for two (request smuggling).
enum class HeadError : std::uint8_t {
  kTooLarge,             // more bytes than allowed
  kTooManyFields,        // more field lines than allowed
  kTargetTooLong,        // longer request target than allowed
  kBareLineFeed,         // a line that does not end with CR LF (RFC 9112 section 2.2)
  kBadStartLine,         // not `method SP target SP HTTP/1.x` or `HTTP/1.x SP status [SP reason]`
  kBadVersion,           // not HTTP/1.0 or HTTP/1.1
  kMethodRefused,        // CONNECT or TRACE: never meant for an upstream behind a CDN
  kMethodTooLong,        // more than kMaxMethodBytes (RFC 9112 section 3)
  kBadTarget,            // not in origin-form, or with characters that no URI has (RFC 9112 section 3.2)
  kFoldedLine,           // obs-fold (RFC 9112 section 5.2)
  kBadFieldName,         // empty, not a token, or followed by whitespace (RFC 9112 section 5.1)
  kBadFieldValue,        // a control character, or a Connection that is not a list of tokens (RFC 9110 section 7.6.1)
  kHostMissing,          // in HTTP/1.1 (RFC 9112 section 3.2)
  kHostRepeated,         // RFC 9112 section 3.2
  kBadHost,              // neither empty nor `host [":" [port]]` of RFC 3986 with a port of at most 65535
  kBadExpect,            // anything but one `100-continue` (RFC 9110 section 10.1.1)
  kBadContentLength,     // not digits, repeated, or above 2^63-1 (RFC 9112 section 6.3)
  kBadTransferEncoding,  // anything but one `chunked` in HTTP/1.1
  kLengthAndEncoding,    // Content-Length with Transfer-Encoding
  kFramingFieldAlias,    // `Content_Length` and the like, which some servers take for the real name
};

inline constexpr auto kHeadErrors = text::ClosedListOf<HeadError>({
    {HeadError::kTooLarge, "head_too_large"},
    {HeadError::kTooManyFields, "too_many_fields"},
    {HeadError::kTargetTooLong, "target_too_long"},
    {HeadError::kBareLineFeed, "bare_line_feed"},
    {HeadError::kBadStartLine, "bad_start_line"},
    {HeadError::kBadVersion, "bad_version"},
    {HeadError::kMethodRefused, "method_refused"},
    {HeadError::kMethodTooLong, "method_too_long"},
    {HeadError::kBadTarget, "bad_target"},
    {HeadError::kFoldedLine, "folded_line"},
    {HeadError::kBadFieldName, "bad_field_name"},
    {HeadError::kBadFieldValue, "bad_field_value"},
    {HeadError::kHostMissing, "host_missing"},
    {HeadError::kHostRepeated, "host_repeated"},
    {HeadError::kBadHost, "bad_host"},
    {HeadError::kBadExpect, "bad_expect"},
    {HeadError::kBadContentLength, "bad_content_length"},
    {HeadError::kBadTransferEncoding, "bad_transfer_encoding"},
    {HeadError::kLengthAndEncoding, "length_and_encoding"},
    {HeadError::kFramingFieldAlias, "framing_field_alias"},
});

// The longest method that is accepted. The longest registered method has 17 bytes.
inline constexpr std::size_t kMaxMethodBytes = 32;

struct HeadLimits {
  std::size_t max_head_bytes = 32 * 1024;
  std::size_t max_target_bytes = 8 * 1024;
  std::size_t max_fields = 200;
};

// Says how the length of a message's body is determined (RFC 9112 section 6.3).
struct BodyLength {
  enum class Kind : std::uint8_t { kNone, kContentLength, kChunked, kUntilClose };
  Kind kind = Kind::kNone;
  std::uint64_t bytes = 0;  // kContentLength
};

// What the options of all Connection fields say, besides whether the connection stays (RFC 9110 section 7.6.1).
struct ConnectionOptions {
  bool upgrade = false;       // one is `upgrade`, so that the Upgrade field is meant
  bool names_fields = false;  // one is neither `close`, `keep-alive` nor `upgrade`, so it may name a field
};

// A parsed request head. A value, whose views point into the bytes that it was parsed from and into the given storage.
struct RequestHead {
  std::string_view method;
  std::string_view target;
  int minor_version = 1;  // of HTTP/1.x
  Fields fields;
  std::string_view host;  // the value of the only Host field; "" also if HTTP/1.0 sent no Host
  BodyLength body;
  bool keep_alive = true;  // the sender expects to send another request (RFC 9112 section 9.3)
  ConnectionOptions connection;
  // An Upgrade field names `websocket`, in HTTP/1.1. Other protocols may be ignored, and in HTTP/1.0 all of them must
  // be (RFC 9110 section 7.8).
  bool wants_websocket = false;
  bool expects_continue = false;  // Expect: 100-continue, in HTTP/1.1
};

// A parsed response head. Its views live as those of RequestHead.
struct ResponseHead {
  int status = 0;
  std::string_view reason;
  int minor_version = 1;
  Fields fields;
  BodyLength body;
  bool keep_alive = true;
  ConnectionOptions connection;
};

// Finds the end of a head that arrives in pieces.
//
// Not thread-safe. A value.
class HeadFinder {
 public:
  // `bytes` is everything that has arrived of the head; each call passes the same bytes and more. Returns the size of
  // the head including its empty line, or nullopt while it is incomplete. Sets `error` as soon as the bytes cannot
  // become a head.
  std::optional<std::size_t> Find(std::string_view bytes, std::optional<HeadError>* error);
  // Starts over with another head.
  void Reset() { scanned_ = line_start_ = 0; }

 private:
  std::size_t scanned_ = 0;
  std::size_t line_start_ = 0;
};

// Parses a whole head as HeadFinder delimits it into `out`; returns why it is refused, or nullopt. `storage` holds the
// fields and must have room for `limits.max_fields`; `storage` and `head` must outlive `out`. Allocates nothing.
std::optional<HeadError> ParseRequestHead(std::string_view head, const HeadLimits& limits, std::span<Field> storage,
                                          RequestHead* out);

// The same for the response to a request with `request_method`, which decides whether a body follows.
std::optional<HeadError> ParseResponseHead(std::string_view head, std::string_view request_method,
                                           const HeadLimits& limits, std::span<Field> storage, ResponseHead* out);

}  // namespace viaduct::http
