#include "tests/support/http_message.h"

#include <strings.h>

#include <cstdlib>

namespace viaduct {
namespace {

bool SameName(std::string_view a, std::string_view b) {
  return a.size() == b.size() && ::strncasecmp(a.data(), b.data(), a.size()) == 0;
}

void ParseHead(HttpMessage* message) {
  std::string_view rest = message->head;
  const auto take_line = [&rest] {
    const std::size_t end = rest.find("\r\n");
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 2);
    return line;
  };
  message->start_line = take_line();
  for (std::string_view line = take_line(); !line.empty(); line = take_line()) {
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    std::string_view value = line.substr(colon + 1);
    if (value.starts_with(' ')) value.remove_prefix(1);
    message->fields.emplace_back(line.substr(0, colon), value);
  }
}

void ReadChunks(ScriptedPeer* peer, HttpMessage* message) {
  for (;;) {
    const std::string line = peer->ReadThrough("\r\n");
    if (!line.ends_with("\r\n")) return;
    const std::size_t size = std::strtoul(line.c_str(), nullptr, 16);
    if (size == 0) break;
    message->body += peer->Read(size);
    if (peer->Read(2) != "\r\n") return;
  }
  message->complete = peer->Read(2) == "\r\n";
}

}  // namespace

int HttpMessage::status() const {
  if (!start_line.starts_with("HTTP/1.") || start_line.size() < 12) return 0;
  return std::atoi(start_line.c_str() + 9);
}

std::string HttpMessage::Field(std::string_view name) const {
  for (const auto& [field, value] : fields) {
    if (SameName(field, name)) return value;
  }
  return "";
}

int HttpMessage::Count(std::string_view name) const {
  int count = 0;
  for (const auto& [field, value] : fields) {
    if (SameName(field, name)) ++count;
  }
  return count;
}

HttpMessage ReadHttpMessage(ScriptedPeer* peer, HttpBody body) {
  HttpMessage message;
  message.head = peer->ReadThrough("\r\n\r\n");
  if (!message.head.ends_with("\r\n\r\n")) return message;
  ParseHead(&message);
  const int status = message.status();
  const bool bodyless = body == HttpBody::kNone || status / 100 == 1 || status == 204 || status == 304;
  const std::string length = message.Field("content-length");
  if (bodyless) {
    message.complete = true;
  } else if (message.Field("transfer-encoding") == "chunked") {
    ReadChunks(peer, &message);
  } else if (!length.empty()) {
    const std::size_t size = std::strtoul(length.c_str(), nullptr, 10);
    message.body = peer->Read(size);
    message.complete = message.body.size() == size;
  } else if (status == 0) {
    message.complete = true;
  } else {
    message.body = peer->ReadToEnd();
    message.complete = peer->end() == PeerEnd::kFin;
  }
  return message;
}

}  // namespace viaduct
