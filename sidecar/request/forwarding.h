#pragma once

#include <string>
#include <string_view>

#include "http/head.h"
#include "sidecar/request/response_framing.h"

namespace viaduct::sidecar {

// The field that tells the upstream whose connection this is, as far as the filter verified it. A viewer's own copy, or
// an alias of it, is dropped.
inline constexpr std::string_view kViewerAddressField = "x-viaduct-viewer-address";

enum class UpgradeForwarding { kNone, kWebSocket };

// Appends the head to send to the upstream: the viewer's, in its order, without what concerns only this hop (RFC 9110
// section 7.6.1), with the framing we re-create, and with kViewerAddressField unless `viewer_address` is empty. The
// field `secret`, in lower case, and its aliases are dropped: it is for us and not for the upstream's logs. Empty:
// there is none.
void AppendUpstreamHead(const http::RequestHead& head, std::string_view viewer_address, std::string_view secret,
                        UpgradeForwarding upgrade, std::string* out);

// Appends the head of a final or interim response for the viewer, by the same rules. A 101 keeps its Upgrade.
void AppendDownstreamHead(const http::ResponseHead& head, const ResponseFraming& framing, std::string* out);

}  // namespace viaduct::sidecar
