#include "http/head.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cstdint>
#include <system_error>

#include "http/byte_block.h"
#include "text/ascii.h"

namespace viaduct::http {
namespace {

constexpr std::array<bool, 256> MakeTable(bool (*allowed)(unsigned char)) {
  std::array<bool, 256> table{};
  for (int c = 0; c < 256; ++c) table[static_cast<std::size_t>(c)] = allowed(static_cast<unsigned char>(c));
  return table;
}

// The characters of a URI, and the few others that browsers send unescaped; never space, '#' or anything above ASCII.
constexpr auto kTargetTable = MakeTable([](unsigned char c) { return c > 0x20 && c < 0x7f && c != '#'; });
// The characters of a reg-name (RFC 3986 section 3.2.2), without sub-delimiters and percent-encoding.
constexpr auto kHostTable = MakeTable([](unsigned char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' || c == '.' ||
         c == '_' || c == '~';
});

bool AllIn(const std::array<bool, 256>& table, std::string_view text) {
  for (char c : text) {
    if (!table[static_cast<unsigned char>(c)]) return false;
  }
  return true;
}

bool IsDigits(std::string_view text) {
  if (text.empty()) return false;
  for (char c : text) {
    if (c < '0' || c > '9') return false;
  }
  return true;
}

bool IsIpv6(std::string_view text) {
  std::array<char, INET6_ADDRSTRLEN> terminated{};
  if (text.size() >= terminated.size()) return false;
  std::copy(text.begin(), text.end(), terminated.begin());
  in6_addr unused;
  return inet_pton(AF_INET6, terminated.data(), &unused) == 1;
}

bool IsPort(std::string_view text) {
  unsigned port = 0;
  if (text.size() > 5 || !IsDigits(text)) return false;
  std::from_chars(text.data(), text.data() + text.size(), port);
  return port <= 65535;
}

bool IsValidHost(std::string_view host) {
  if (host.empty()) return true;
  std::size_t end;  // of the host, where the port may follow
  if (host.starts_with('[')) {
    end = host.find(']');
    if (end == std::string_view::npos || !IsIpv6(host.substr(1, end - 1))) return false;
    ++end;
  } else {
    end = std::min(host.find(':'), host.size());
    if (end == 0 || !AllIn(kHostTable, host.substr(0, end))) return false;
  }
  const std::string_view port = host.substr(end);
  // The digits may be missing (RFC 3986 section 3.2.3).
  return port.empty() || port == ":" || (port.front() == ':' && IsPort(port.substr(1)));
}

// Splits one line, CR LF included, off the front of `rest`. The head is known to consist of such lines.
std::string_view TakeLine(std::string_view& rest) {
  const std::size_t end = rest.find('\n');
  const std::string_view line = rest.substr(0, end - 1);
  rest.remove_prefix(end + 1);
  return line;
}

bool ParseVersion(std::string_view text, int* minor) {
  if (text == "HTTP/1.1") {
    *minor = 1;
  } else if (text == "HTTP/1.0") {
    *minor = 0;
  } else {
    return false;
  }
  return true;
}

// The facts in the fields about framing and the connection, gathered in one pass.
struct FramingFields {
  std::optional<std::string_view> host;
  std::optional<std::uint64_t> content_length;
  bool chunked = false;
  bool close = false;
  bool keep_alive = false;
  ConnectionOptions connection;
  bool websocket = false;
  bool expects_continue = false;
  bool bad_expect = false;
};

std::optional<HeadError> NoteContentLength(std::string_view value, FramingFields* framing) {
  if (framing->content_length.has_value() || !IsDigits(value)) return HeadError::kBadContentLength;
  std::uint64_t length = 0;
  const auto [stop, error] = std::from_chars(value.data(), value.data() + value.size(), length);
  if (error != std::errc() || length > (std::uint64_t{1} << 63) - 1) return HeadError::kBadContentLength;
  framing->content_length = length;
  return std::nullopt;
}

// Accepts only tokens: a quote or a semicolon could hide from us the name of a field that the next reader then drops.
std::optional<HeadError> NoteConnection(std::string_view list, FramingFields* framing) {
  std::string_view option;
  while (NextListMember(list, option)) {
    if (!IsToken(option)) return HeadError::kBadFieldValue;
    const bool close = text::EqualsIgnoreCase(option, "close");
    const bool keep_alive = text::EqualsIgnoreCase(option, "keep-alive");
    const bool upgrade = text::EqualsIgnoreCase(option, "upgrade");
    framing->close |= close;
    framing->keep_alive |= keep_alive;
    framing->connection.upgrade |= upgrade;
    framing->connection.names_fields |= !close && !keep_alive && !upgrade;
  }
  return std::nullopt;
}

// Returns true if an Upgrade lists the protocol `websocket`, with or without a version.
bool NamesWebSocket(std::string_view list) {
  std::string_view protocol;
  while (NextListMember(list, protocol)) {
    if (text::EqualsIgnoreCase(protocol.substr(0, protocol.find('/')), "websocket")) return true;
  }
  return false;
}

// Returns true if `name` becomes the name of a framing field when '_' and '.' are read as '-', as CGI-like servers do.
bool IsFramingAlias(std::string_view name) {
  if (name.size() != 14 && name.size() != 17) return false;
  if ((name.front() | 0x20) != 'c' && (name.front() | 0x20) != 't') return false;
  std::array<char, 17> folded;
  for (std::size_t i = 0; i < name.size(); ++i) folded[i] = name[i] == '_' || name[i] == '.' ? '-' : name[i];
  const std::string_view text(folded.data(), name.size());
  return text::EqualsIgnoreCase(text, "content-length") || text::EqualsIgnoreCase(text, "transfer-encoding");
}

// Returns true if NoteField has something to do for the field; most fields need none of it.
bool MayFrame(const Field& field) {
  constexpr auto kFraming = [] {
    std::uint32_t bits = 0;
    for (const FieldName name : {FieldName::kOther, FieldName::kHost, FieldName::kExpect, FieldName::kUpgrade,
                                 FieldName::kConnection, FieldName::kContentLength, FieldName::kTransferEncoding}) {
      bits |= std::uint32_t{1} << static_cast<unsigned>(name);
    }
    return bits;
  }();
  return (kFraming >> static_cast<unsigned>(field.known) & 1) != 0;
}

std::optional<HeadError> NoteField(const Field& field, FramingFields* framing) {
  switch (field.known) {
    case FieldName::kHost:
      if (framing->host.has_value()) return HeadError::kHostRepeated;
      framing->host = field.value;
      break;
    case FieldName::kExpect:
      framing->bad_expect |= framing->expects_continue || !text::EqualsIgnoreCase(field.value, "100-continue");
      framing->expects_continue = true;
      break;
    case FieldName::kUpgrade:
      framing->websocket |= NamesWebSocket(field.value);
      break;
    case FieldName::kConnection:
      return NoteConnection(field.value, framing);
    case FieldName::kContentLength:
      return NoteContentLength(field.value, framing);
    case FieldName::kTransferEncoding:
      if (framing->chunked || !text::EqualsIgnoreCase(field.value, "chunked")) return HeadError::kBadTransferEncoding;
      framing->chunked = true;
      break;
    case FieldName::kOther:
      if (IsFramingAlias(field.name)) return HeadError::kFramingFieldAlias;
      break;
    default:
      break;
  }
  return std::nullopt;
}

std::string_view Between(const char* begin, const char* end) { return {begin, static_cast<std::size_t>(end - begin)}; }

std::optional<HeadError> ParseFields(std::string_view rest, const HeadLimits& limits, std::span<Field> storage,
                                     Fields* fields, FramingFields* framing) {
  const std::size_t most = std::min(limits.max_fields, storage.size());
  const char* const end = rest.data() + rest.size();
  std::size_t count = 0;
  // HeadFinder saw each line end with CR LF, and only the last one be empty.
  for (const char* line = rest.data(); end - line > 2;) {
    if (*line == ' ' || *line == '\t') return HeadError::kFoldedLine;
    if (count >= most) return HeadError::kTooManyFields;
    const char* const colon = line + TokenLength(Between(line, end));
    if (colon == line || *colon != ':') return HeadError::kBadFieldName;
    const char* const line_end = colon + 1 + FieldValueLength(Between(colon + 1, end));
    if (line_end[0] != '\r' || line_end[1] != '\n') return HeadError::kBadFieldValue;
    Field& field = storage[count++];
    field = Field(Between(line, colon), TrimWhitespace(Between(colon + 1, line_end)));
    line = line_end + 2;
    if (!MayFrame(field)) continue;
    if (const std::optional<HeadError> error = NoteField(field, framing)) return error;
  }
  fields->Assign(storage.first(count));
  return std::nullopt;
}

std::optional<HeadError> ParseRequestLine(std::string_view line, const HeadLimits& limits, RequestHead* out) {
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  if (first == std::string_view::npos || last == first) return HeadError::kBadStartLine;
  out->method = line.substr(0, first);
  out->target = line.substr(first + 1, last - first - 1);
  if (!IsToken(out->method)) return HeadError::kBadStartLine;
  if (out->method.size() > kMaxMethodBytes) return HeadError::kMethodTooLong;
  if (!ParseVersion(line.substr(last + 1), &out->minor_version)) return HeadError::kBadVersion;
  if (out->method == "CONNECT" || out->method == "TRACE") return HeadError::kMethodRefused;
  if (out->target.size() > limits.max_target_bytes) return HeadError::kTargetTooLong;
  if (!out->target.starts_with('/') || !AllIn(kTargetTable, out->target)) return HeadError::kBadTarget;
  return std::nullopt;
}

std::optional<HeadError> ParseStatusLine(std::string_view line, ResponseHead* out) {
  if (line.size() < 12 || line[8] != ' ') return HeadError::kBadStartLine;
  if (!ParseVersion(line.substr(0, 8), &out->minor_version)) return HeadError::kBadVersion;
  const std::string_view status = line.substr(9, 3);
  if (!IsDigits(status) || status.front() < '1' || status.front() > '5') return HeadError::kBadStartLine;
  out->status = (status[0] - '0') * 100 + (status[1] - '0') * 10 + (status[2] - '0');
  if (line.size() > 12 && line[12] != ' ') return HeadError::kBadStartLine;
  out->reason = line.substr(line.size() > 12 ? 13 : 12);
  if (!IsFieldValue(out->reason)) return HeadError::kBadStartLine;
  return std::nullopt;
}

// What a line feed ends.
enum class Line : std::uint8_t { kOther, kLast, kBare };

bool KeepsAlive(const FramingFields& framing, int minor_version) {
  return !framing.close && (minor_version >= 1 || framing.keep_alive);
}

}  // namespace

std::optional<std::size_t> HeadFinder::Find(std::string_view bytes, std::optional<HeadError>* error) {
  // A start line begins with a token, so TLS or binary garbage is noticed at its first byte.
  if (scanned_ == 0 && !bytes.empty() && !IsToken(bytes.substr(0, 1))) {
    *error = HeadError::kBadStartLine;
    return std::nullopt;
  }
  // Members would be stored anew at each line.
  std::size_t line_start = line_start_;
  const auto end_line = [&](std::size_t feed) {
    if (feed == line_start || bytes[feed - 1] != '\r') return Line::kBare;
    const bool empty = feed == line_start + 1;
    line_start = feed + 1;
    return empty ? Line::kLast : Line::kOther;
  };
  const auto end_search = [&](Line line) -> std::optional<std::size_t> {
    line_start_ = scanned_ = line_start;
    if (line == Line::kLast) return line_start;
    *error = HeadError::kBareLineFeed;
    return std::nullopt;
  };
  std::size_t at = scanned_;
  for (; bytes.size() - at >= sizeof(ByteBlock); at += sizeof(ByteBlock)) {
    unsigned feeds = PlacesOf(LoadBlock(bytes.data() + at) == '\n');
    for (; feeds != 0; feeds &= feeds - 1) {
      const Line line = end_line(at + static_cast<std::size_t>(std::countr_zero(feeds)));
      if (line != Line::kOther) return end_search(line);
    }
  }
  for (; at < bytes.size(); ++at) {
    if (bytes[at] != '\n') continue;
    const Line line = end_line(at);
    if (line != Line::kOther) return end_search(line);
  }
  scanned_ = at;
  line_start_ = line_start;
  return std::nullopt;
}

std::optional<HeadError> ParseRequestHead(std::string_view head, const HeadLimits& limits, std::span<Field> storage,
                                          RequestHead* out) {
  if (head.size() > limits.max_head_bytes) return HeadError::kTooLarge;
  if (const auto error = ParseRequestLine(TakeLine(head), limits, out)) return error;
  FramingFields framing;
  if (const auto error = ParseFields(head, limits, storage, &out->fields, &framing)) return error;
  if (!framing.host.has_value() && out->minor_version >= 1) return HeadError::kHostMissing;
  out->host = framing.host.value_or("");
  if (!IsValidHost(out->host)) return HeadError::kBadHost;
  if (framing.bad_expect) return HeadError::kBadExpect;
  if (framing.chunked && framing.content_length.has_value()) return HeadError::kLengthAndEncoding;
  if (framing.chunked && out->minor_version == 0) return HeadError::kBadTransferEncoding;
  if (framing.chunked) {
    out->body = {.kind = BodyLength::Kind::kChunked};
  } else if (framing.content_length.value_or(0) > 0) {
    out->body = {.kind = BodyLength::Kind::kContentLength, .bytes = *framing.content_length};
  } else {
    out->body = {};
  }
  out->keep_alive = KeepsAlive(framing, out->minor_version);
  out->connection = framing.connection;
  out->wants_websocket = framing.websocket && out->minor_version >= 1;
  out->expects_continue = framing.expects_continue && out->minor_version >= 1;
  return std::nullopt;
}

std::optional<HeadError> ParseResponseHead(std::string_view head, std::string_view request_method,
                                           const HeadLimits& limits, std::span<Field> storage, ResponseHead* out) {
  if (head.size() > limits.max_head_bytes) return HeadError::kTooLarge;
  if (const auto error = ParseStatusLine(TakeLine(head), out)) return error;
  FramingFields framing;
  if (const auto error = ParseFields(head, limits, storage, &out->fields, &framing)) return error;
  if (framing.chunked && framing.content_length.has_value()) return HeadError::kLengthAndEncoding;
  if (framing.chunked && out->minor_version == 0) return HeadError::kBadTransferEncoding;
  const bool bodyless = request_method == "HEAD" || out->status < 200 || out->status == 204 || out->status == 304;
  if (bodyless) {
    out->body = {};
  } else if (framing.chunked) {
    out->body = {.kind = BodyLength::Kind::kChunked};
  } else if (framing.content_length.has_value()) {
    out->body = {.kind = BodyLength::Kind::kContentLength, .bytes = *framing.content_length};
  } else {
    out->body = {.kind = BodyLength::Kind::kUntilClose};
  }
  out->keep_alive = KeepsAlive(framing, out->minor_version) && out->body.kind != BodyLength::Kind::kUntilClose;
  out->connection = framing.connection;
  return std::nullopt;
}

}  // namespace viaduct::http
