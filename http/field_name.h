#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace viaduct::http {

// The field names that our decisions rest on. Each field's name is compared once, when its head is parsed.
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
inline constexpr std::size_t kFieldNames = static_cast<std::size_t>(FieldName::kXViaductViewerAddress) + 1;

// Returns which of them `name` is, in any letter case. A `name` that is not a token (RFC 9110 section 5.6.2) is kOther.
FieldName FieldNameOf(std::string_view name);

}  // namespace viaduct::http
