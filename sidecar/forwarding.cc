#include "sidecar/forwarding.h"

#include <array>

#include "absl/strings/str_cat.h"
#include "filter/trusted_fields.h"

namespace viaduct {
namespace {

absl::string_view View(std::string_view text) { return {text.data(), text.size()}; }

// Fields of one hop, and the two that ask for another protocol. Transfer-Encoding is written anew.
constexpr std::array<std::string_view, 9> kHopByHop = {"connection", "keep-alive",     "proxy-connection",
                                                       "te",         "trailer",        "transfer-encoding",
                                                       "upgrade",    "http2-settings", "proxy-authenticate"};

bool IsHopByHop(std::string_view name) {
  for (std::string_view hop : kHopByHop) {
    if (EqualsIgnoreCase(name, hop)) return true;
  }
  return false;
}

// Whether a Connection field nominates `name` for this hop only. Framing and Host cannot be: without them the next hop
// would read another message than we did.
bool IsNominated(std::span<const Field> fields, std::string_view name) {
  if (EqualsIgnoreCase(name, "content-length") || EqualsIgnoreCase(name, "host")) return false;
  for (const Field& field : fields) {
    if (EqualsIgnoreCase(field.name, "connection") && ListHasToken(field.value, name)) return true;
  }
  return false;
}

bool HasNominations(std::span<const Field> fields) {
  for (const Field& field : fields) {
    if (!EqualsIgnoreCase(field.name, "connection")) continue;
    std::string_view rest = field.value;
    for (std::string_view member; NextListMember(rest, member);) {
      if (!EqualsIgnoreCase(member, "close") && !EqualsIgnoreCase(member, "keep-alive") &&
          !EqualsIgnoreCase(member, "upgrade")) {
        return true;
      }
    }
  }
  return false;
}

void AppendField(const Field& field, std::string* out) {
  absl::StrAppend(out, View(field.name), ": ", View(field.value), "\r\n");
}

// `length_allowed`: 1xx and 204 have no length, whatever the origin says (RFC 9110 section 8.6).
void AppendEndToEnd(std::span<const Field> fields, bool length_allowed, std::string_view secret, std::string* out) {
  const bool nominations = HasNominations(fields);
  for (const Field& field : fields) {
    if (IsHopByHop(field.name) || IsFieldOrAlias(field.name, kViewerAddressField)) continue;
    if (!secret.empty() && IsFieldOrAlias(field.name, secret)) continue;
    if (nominations && IsNominated(fields, field.name)) continue;
    if (!length_allowed && EqualsIgnoreCase(field.name, "content-length")) continue;
    AppendField(field, out);
  }
}

}  // namespace

void AppendUpstreamHead(const RequestHead& head, std::string_view viewer_address, std::string_view secret,
                        UpgradeForwarding upgrade, std::string* out) {
  absl::StrAppend(out, View(head.method), " ", View(head.target), " HTTP/1.1\r\n");
  AppendEndToEnd(head.fields, true, secret, out);
  if (!viewer_address.empty()) absl::StrAppend(out, View(kViewerAddressField), ": ", View(viewer_address), "\r\n");
  if (head.body.kind == BodyLength::Kind::kChunked) absl::StrAppend(out, "transfer-encoding: chunked\r\n");
  if (upgrade == UpgradeForwarding::kWebSocket) {
    absl::StrAppend(out, "upgrade: websocket\r\nconnection: upgrade\r\n");
  }
  absl::StrAppend(out, "\r\n");
}

void AppendDownstreamHead(const ResponseHead& head, const DownstreamFraming& framing, std::string* out) {
  absl::StrAppend(out, "HTTP/1.1 ", head.status, " ", View(head.reason), "\r\n");
  AppendEndToEnd(head.fields, head.status >= 200 && head.status != 204, "", out);
  if (framing.chunked) absl::StrAppend(out, "transfer-encoding: chunked\r\n");
  if (head.status == 101) {
    absl::StrAppend(out, "upgrade: websocket\r\nconnection: upgrade\r\n");
  } else if (framing.close) {
    absl::StrAppend(out, "connection: close\r\n");
  } else if (framing.keep_alive_field) {
    absl::StrAppend(out, "connection: keep-alive\r\n");
  }
  absl::StrAppend(out, "\r\n");
}

}  // namespace viaduct
