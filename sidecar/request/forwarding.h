#pragma once

#include <string>
#include <string_view>

#include "http/head.h"
#include "sidecar/request/response_framing.h"

namespace viaduct::sidecar {

enum class UpgradeForwarding { kNone, kWebSocket };

// Appends the head to send to the upstream: the viewer's fields in their order, without those that concern only this
// hop (RFC 9110 section 7.6.1), then our framing, and filter::kViewerAddressField unless `viewer_address` is empty.
// `secret` names the field of the origin secret in lower case, or is empty; it and its aliases are dropped, because the
// secret is meant for the sidecar and not for the upstream's logs.
void AppendUpstreamHead(const http::RequestHead& head, std::string_view viewer_address, std::string_view secret,
                        UpgradeForwarding upgrade, std::string* out);

// Appends the head of a final or interim response for the viewer by the same rules. Upgrade is of one hop, too: a 101
// has ours, which names the only protocol that this hop can change to. A 426 keeps the protocols that the application
// requires, and has ours if it names none.
void AppendDownstreamHead(const http::ResponseHead& head, const ResponseFraming& framing, std::string* out);

}  // namespace viaduct::sidecar
