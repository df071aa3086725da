#include "http/field_name.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "http/field.h"
#include "text/ascii.h"

namespace viaduct::http {
namespace {

struct Known {
  std::string_view text;
  FieldName name;
};

// Sorted by length, so that a name is compared only with the few names of its own length.
constexpr std::array kKnown = {
    Known{"te", FieldName::kTe},
    Known{"via", FieldName::kVia},
    Known{"host", FieldName::kHost},
    Known{"expect", FieldName::kExpect},
    Known{"origin", FieldName::kOrigin},
    Known{"trailer", FieldName::kTrailer},
    Known{"upgrade", FieldName::kUpgrade},
    Known{"connection", FieldName::kConnection},
    Known{"keep-alive", FieldName::kKeepAlive},
    Known{"user-agent", FieldName::kUserAgent},
    Known{"x-amz-cf-id", FieldName::kXAmzCfId},
    Known{"content-length", FieldName::kContentLength},
    Known{"http2-settings", FieldName::kHttp2Settings},
    Known{"x-amzn-trace-id", FieldName::kXAmznTraceId},
    Known{"x-forwarded-for", FieldName::kXForwardedFor},
    Known{"proxy-connection", FieldName::kProxyConnection},
    Known{"sec-websocket-key", FieldName::kSecWebSocketKey},
    Known{"transfer-encoding", FieldName::kTransferEncoding},
    Known{"proxy-authenticate", FieldName::kProxyAuthenticate},
    Known{"sec-websocket-accept", FieldName::kSecWebSocketAccept},
    Known{"sec-websocket-version", FieldName::kSecWebSocketVersion},
    Known{"sec-websocket-extensions", FieldName::kSecWebSocketExtensions},
    Known{"x-viaduct-viewer-address", FieldName::kXViaductViewerAddress},
};
static_assert(std::is_sorted(kKnown.begin(), kKnown.end(),
                             [](const Known& a, const Known& b) { return a.text.size() < b.text.size(); }));

constexpr std::size_t kLongest = kKnown.back().text.size();

// kFirst[n] is the place of the first name of n bytes or more.
constexpr auto kFirst = [] {
  std::array<std::uint8_t, kLongest + 2> first{};
  for (std::size_t size = 0; size < first.size(); ++size) {
    while (first[size] < kKnown.size() && kKnown[first[size]].text.size() < size) ++first[size];
  }
  return first;
}();

}  // namespace

FieldName FieldNameOf(std::string_view name) {
  if (name.empty() || name.size() > kLongest) return FieldName::kOther;
  // All known names begin with a letter, whose case is this one bit; so one comparison tells most names apart.
  const char first = static_cast<char>(name.front() | 0x20);
  for (std::size_t i = kFirst[name.size()]; i < kFirst[name.size() + 1]; ++i) {
    if (first == kKnown[i].text.front() && text::EqualsIgnoreCase(name, kKnown[i].text)) return kKnown[i].name;
  }
  return FieldName::kOther;
}

}  // namespace viaduct::http
