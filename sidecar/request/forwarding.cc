#include "sidecar/request/forwarding.h"

#include <array>
#include <cstddef>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/ascii.h"
#include "filter/trusted_fields.h"
#include "text/ascii.h"

namespace viaduct::sidecar {
namespace {

// Stands for no known field.
constexpr auto kNone = http::FieldName::kConnection;  // which is dropped anyway

// Returns true for fields of one hop, and for the two that request another protocol. Transfer-Encoding is written anew.
constexpr bool IsHopByHop(http::FieldName name) {
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

// The fields that Connection nominates for this hop only. Looks at each option and each name once, however many there
// are of both.
class Nominations {
 public:
  Nominations(std::span<const http::Field> fields, const http::ConnectionOptions& options) {
    if (!options.names_fields) return;
    for (const http::Field& field : fields) {
      if (field.known != http::FieldName::kConnection) continue;
      std::string_view rest = field.value;
      for (std::string_view option; http::NextListMember(rest, option);) {
        if (names_.empty()) AddNames(fields);
        const auto name = names_.find(LowerCase(option));
        if (name != names_.end()) name->second = true;
      }
    }
  }

  // Returns true if `field`, one of the head's, is nominated. Content-Length and Host are exempt: without them the next
  // hop would read a different message.
  bool Has(const http::Field& field) {
    if (names_.empty()) return false;  // nearly always
    if (field.known == http::FieldName::kContentLength || field.known == http::FieldName::kHost) return false;
    return names_.find(LowerCase(field.name))->second;
  }

 private:
  void AddNames(std::span<const http::Field> fields) {
    for (const http::Field& field : fields) names_.emplace(LowerCase(field.name), false);
  }
  // Returns `text` in lower case, valid until the next call.
  const std::string& LowerCase(std::string_view text) {
    lower_case_.assign(text);
    absl::AsciiStrToLower(&lower_case_);
    return lower_case_;
  }

  absl::flat_hash_map<std::string, bool> names_;  // of all fields, once there is a nomination
  std::string lower_case_;
};

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

// Appends all fields except those of one hop, the sidecar's own, the secret and the known field `dropped`.
template <typename Head>
void AppendEndToEnd(const Head& head, http::FieldName dropped, std::string_view secret, std::string* out) {
  Nominations nominations(head.fields, head.connection);
  FieldLines lines(out);
  for (const http::Field& field : head.fields) {
    const bool ours =
        field.known == http::FieldName::kXViaductViewerAddress ||
        (field.known == http::FieldName::kOther && filter::IsFieldOrAlias(field.name, filter::kViewerAddressField));
    if (ours || IsHopByHop(field.known) || field.known == dropped) continue;
    if (!secret.empty() && filter::IsFieldOrAlias(field.name, secret)) continue;
    if (nominations.Has(field)) continue;
    lines.Add(field);
  }
}

// Appends the Upgrade of a 101 or a 426. A 426 says which protocol the application requires (RFC 9110 section 15.5.22),
// which may be another than the one that it would change to behind this hop.
void AppendUpgrade(const http::ResponseHead& head, std::string* out) {
  out->append("upgrade: ");
  const std::size_t begin = out->size();
  if (head.status == 426) {
    for (const http::Field& field : head.fields) {
      if (field.known != http::FieldName::kUpgrade || field.value.empty()) continue;
      if (out->size() > begin) out->append(", ");
      out->append(field.value);
    }
  }
  if (out->size() == begin) out->append("websocket");
  out->append("\r\n");
}

// Appends the Connection of a response, if it needs one. `upgrade` is true if the response has an Upgrade.
void AppendConnection(bool upgrade, const ResponseFraming& framing, std::string* out) {
  const std::string_view persistence = framing.close ? "close" : framing.keep_alive_field ? "keep-alive" : "";
  if (!upgrade && persistence.empty()) return;
  out->append("connection: ");
  if (upgrade) out->append(persistence.empty() ? "upgrade" : "upgrade, ");
  out->append(persistence).append("\r\n");
}

}  // namespace

void AppendUpstreamHead(const http::RequestHead& head, std::string_view viewer_address, std::string_view secret,
                        UpgradeForwarding upgrade, std::string* out) {
  out->append(head.method).append(" ").append(head.target).append(" HTTP/1.1\r\n");
  const bool old_viewer = head.minor_version == 0;
  // An expectation of HTTP/1.0 must be ignored (RFC 9110 section 10.1.1).
  AppendEndToEnd(head, old_viewer ? http::FieldName::kExpect : kNone, secret, out);
  // HTTP/1.1 needs a Host, if only an empty one (RFC 9112 section 3.2).
  if (old_viewer && !head.fields.Single(http::FieldName::kHost).has_value()) out->append("host: \r\n");
  if (!viewer_address.empty()) {
    out->append(filter::kViewerAddressField).append(": ").append(viewer_address).append("\r\n");
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
  // 1xx and 204 have no length, whatever the upstream says (RFC 9110 section 8.6).
  const bool has_length = head.status >= 200 && head.status != 204;
  AppendEndToEnd(head, has_length ? kNone : http::FieldName::kContentLength, "", out);
  if (framing.body == ResponseFraming::Body::kChunked) out->append("transfer-encoding: chunked\r\n");
  const bool upgrade = head.status == 101 || head.status == 426;
  if (upgrade) AppendUpgrade(head, out);
  AppendConnection(upgrade, framing, out);
  out->append("\r\n");
}

}  // namespace viaduct::sidecar
