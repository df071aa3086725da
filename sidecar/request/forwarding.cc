#include "sidecar/request/forwarding.h"

#include <array>
#include <cstddef>

#include "filter/trusted_fields.h"
#include "text/ascii.h"

namespace viaduct::sidecar {
namespace {

// Returns true for fields of one hop, and for the two that request another protocol. Transfer-Encoding is written anew.
bool IsHopByHop(http::FieldName name) {
  switch (name) {
    case http::FieldName::kConnection:
    case http::FieldName::kKeepAlive:
    case http::FieldName::kProxyConnection:
    case http::FieldName::kProxyAuthenticate:
    case http::FieldName::kTe:
    case http::FieldName::kTrailer:
    case http::FieldName::kTransferEncoding:
    case http::FieldName::kUpgrade:
    case http::FieldName::kHttp2Settings:
      return true;
    default:
      return false;
  }
}

// Returns true if a Connection field nominates `field` for this hop only. Content-Length and Host are exempt: without
// them the next hop would read a different message.
bool IsNominated(std::span<const http::Field> fields, const http::Field& field) {
  if (field.known == http::FieldName::kContentLength || field.known == http::FieldName::kHost) return false;
  for (const http::Field& other : fields) {
    if (other.known == http::FieldName::kConnection && http::ListHasToken(other.value, field.name)) return true;
  }
  return false;
}

bool HasNominations(std::span<const http::Field> fields) {
  for (const http::Field& field : fields) {
    if (field.known != http::FieldName::kConnection) continue;
    std::string_view rest = field.value;
    for (std::string_view member; http::NextListMember(rest, member);) {
      if (!text::EqualsIgnoreCase(member, "close") && !text::EqualsIgnoreCase(member, "keep-alive") &&
          !text::EqualsIgnoreCase(member, "upgrade")) {
        return true;
      }
    }
  }
  return false;
}

// Appends field lines to the output. Adjacent lines that already have the form that we write are copied in one piece.
class FieldLines {
 public:
  // All fields must be views into one head.
  explicit FieldLines(std::string* out) : out_(out) {}
  ~FieldLines() { Flush(); }

  void Add(const http::Field& field) {
    if (!IsPlain(field)) {
      Flush();
      out_->append(field.name).append(": ").append(field.value).append("\r\n");
      return;
    }
    if (field.name.data() != end_) {
      Flush();
      begin_ = field.name.data();
    }
    end_ = field.value.data() + field.value.size() + 2;
  }

 private:
  // Returns true for "name: value" without other white space. A value is followed by white space or CR, a CR by LF.
  static bool IsPlain(const http::Field& field) {
    const char* const name_end = field.name.data() + field.name.size();
    return field.value.data() == name_end + 2 && name_end[1] == ' ' && field.value.data()[field.value.size()] == '\r';
  }
  void Flush() {
    // Appending a range of iterators is slower in std::string.
    if (begin_ != nullptr) out_->append(begin_, static_cast<std::size_t>(end_ - begin_));
    begin_ = end_ = nullptr;
  }

  std::string* out_;
  const char* begin_ = nullptr;
  const char* end_ = nullptr;
};

// `length_allowed` is false for 1xx and 204, which have no length, whatever the upstream says (RFC 9110 section 8.6).
void AppendEndToEnd(std::span<const http::Field> fields, bool length_allowed, std::string_view secret,
                    std::string* out) {
  const bool nominations = HasNominations(fields);
  FieldLines lines(out);
  for (const http::Field& field : fields) {
    const bool ours =
        field.known == http::FieldName::kXViaductViewerAddress ||
        (field.known == http::FieldName::kOther && filter::IsFieldOrAlias(field.name, kViewerAddressField));
    if (ours || IsHopByHop(field.known)) continue;
    if (!secret.empty() && filter::IsFieldOrAlias(field.name, secret)) continue;
    if (nominations && IsNominated(fields, field)) continue;
    if (!length_allowed && field.known == http::FieldName::kContentLength) continue;
    lines.Add(field);
  }
}

}  // namespace

void AppendUpstreamHead(const http::RequestHead& head, std::string_view viewer_address, std::string_view secret,
                        UpgradeForwarding upgrade, std::string* out) {
  out->append(head.method).append(" ").append(head.target).append(" HTTP/1.1\r\n");
  AppendEndToEnd(head.fields, true, secret, out);
  if (!viewer_address.empty()) {
    out->append(kViewerAddressField).append(": ").append(viewer_address).append("\r\n");
  }
  if (head.body.kind == http::BodyLength::Kind::kChunked) out->append("transfer-encoding: chunked\r\n");
  if (upgrade == UpgradeForwarding::kWebSocket) {
    out->append("upgrade: websocket\r\nconnection: upgrade\r\n");
  }
  out->append("\r\n");
}

void AppendDownstreamHead(const http::ResponseHead& head, const ResponseFraming& framing, std::string* out) {
  // The status has three digits, as the parser ensures.
  const std::array<char, 3> status = {static_cast<char>('0' + head.status / 100),
                                      static_cast<char>('0' + head.status / 10 % 10),
                                      static_cast<char>('0' + head.status % 10)};
  out->append("HTTP/1.1 ").append(status.data(), status.size()).append(" ").append(head.reason).append("\r\n");
  AppendEndToEnd(head.fields, head.status >= 200 && head.status != 204, "", out);
  if (framing.body == ResponseFraming::Body::kChunked) out->append("transfer-encoding: chunked\r\n");
  if (head.status == 101) {
    out->append("upgrade: websocket\r\nconnection: upgrade\r\n");
  } else if (framing.close) {
    out->append("connection: close\r\n");
  } else if (framing.keep_alive_field) {
    out->append("connection: keep-alive\r\n");
  }
  out->append("\r\n");
}

}  // namespace viaduct::sidecar
