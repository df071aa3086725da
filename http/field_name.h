#pragma once

#include <cstdint>
#include <string_view>

namespace viaduct::http {

// The field names that any decision of ours rests on, so that each is compared once, when its head is parsed.
enum class FieldName : std::uint8_t {
  kOther,
  kConnection,
  kContentLength,
  kExpect,
  kHost,
  kHttp2Settings,
  kKeepAlive,
  kOrigin,
  kProxyAuthenticate,
  kProxyConnection,
  kSecWebSocketAccept,
  kSecWebSocketExtensions,
  kSecWebSocketKey,
  kSecWebSocketVersion,
  kTe,
  kTrailer,
  kTransferEncoding,
  kUpgrade,
  kUserAgent,
  kVia,
  kXAmzCfId,
  kXAmznTraceId,
  kXForwardedFor,
  kXViaductViewerAddress,
};

// Which of them `name` is, in any letter case. `name` is a token (RFC 9110 section 5.6.2), or the answer is kOther for
// one more reason.
FieldName FieldNameOf(std::string_view name);

}  // namespace viaduct::http
