#include "origin/http/http_answer.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "absl/strings/str_cat.h"
#include "http/field.h"
#include "text/ascii.h"
#include "text/string_view.h"
#include "websocket/close_code.h"
#include "websocket/frame.h"
#include "websocket/handshake.h"

namespace viaduct::origin {
namespace {

// The page loads only its own files and connects only to its own host.
constexpr std::string_view kPageSecurity =
    "Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src "
    "'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'\r\n"
    "Cross-Origin-Opener-Policy: same-origin\r\n"
    "Cross-Origin-Resource-Policy: same-origin\r\n";

constexpr std::string_view kNotFoundPage = "/not_found.html";

struct Status {
  int code;
  std::string_view phrase;
  std::string_view body;
};

constexpr Status kOk = {200, "OK", "ok\n"};
constexpr Status kNotModified = {304, "Not Modified", ""};
constexpr Status kBadRequest = {400, "Bad Request", "Bad Request\n"};
constexpr Status kBadRoom = {400, "Bad Request",
                             "room: must be given once, at most 64 of A-Z a-z 0-9 . _ ~ - (none: the default room)\n"};
constexpr Status kBadSince = {400, "Bad Request",
                              "since: must be given once, at most 64 of A-Z a-z 0-9 . _ - (none: from now on)\n"};
constexpr Status kBadName = {
    400, "Bad Request",
    "name: must be given once, at most 128 bytes of UTF-8 without controls, characters without "
    "width or that change the direction of writing, and spaces at its ends\n"};
constexpr Status kNotFound = {404, "Not Found", "Not Found\n"};
constexpr Status kMethodNotAllowed = {405, "Method Not Allowed", "Method Not Allowed\n"};
constexpr Status kRequestTimeout = {408, "Request Timeout", "Request Timeout\n"};
constexpr Status kUriTooLong = {414, "URI Too Long", "URI Too Long\n"};
constexpr Status kExpectationFailed = {417, "Expectation Failed", "Expectation Failed\n"};
constexpr Status kUpgradeRequired = {426, "Upgrade Required", "Upgrade Required\n"};
constexpr Status kFieldsTooLarge = {431, "Request Header Fields Too Large", "Request Header Fields Too Large\n"};
constexpr Status kTooManyRequests = {429, "Too Many Requests", "Too Many Requests\n"};
constexpr Status kNotImplemented = {501, "Not Implemented", "Not Implemented\n"};
constexpr Status kUnavailable = {503, "Service Unavailable", "Service Unavailable\n"};
constexpr Status kVersionNotSupported = {505, "HTTP Version Not Supported", "HTTP Version Not Supported\n"};

// Room for a 101 with a welcome behind it.
constexpr std::size_t kAnswerRoom = 384;

enum class Connection { kKeepAlive, kClose, kUpgradeClose };

// `fields` are further complete field lines.
HttpAnswer Answer(const Status& status, std::string_view body, Connection connection, std::string_view date,
                  std::string_view fields) {
  HttpAnswer answer{.body = body, .close = connection != Connection::kKeepAlive};
  absl::StrAppend(&answer.head, "HTTP/1.1 ", status.code, " ", text::ToAbsl(status.phrase),
                  "\r\nDate: ", text::ToAbsl(date), "\r\n");
  // A 304 describes a body that it does not carry (RFC 9110 section 15.4.5).
  if (status.code != 304) absl::StrAppend(&answer.head, "Content-Length: ", body.size(), "\r\n");
  if (connection == Connection::kClose) answer.head += "Connection: close\r\n";
  if (connection == Connection::kUpgradeClose) answer.head += "Connection: upgrade, close\r\n";
  absl::StrAppend(&answer.head, "X-Content-Type-Options: nosniff\r\nReferrer-Policy: no-referrer\r\n",
                  text::ToAbsl(fields), "\r\n");
  return answer;
}

HttpAnswer PlainText(const Status& status, Connection connection, std::string_view date, std::string_view fields = "") {
  return Answer(
      status, status.body, connection, date,
      absl::StrCat("Content-Type: text/plain; charset=utf-8\r\nCache-Control: no-store\r\n", text::ToAbsl(fields)));
}

// Compares If-None-Match with a strong tag by the weak comparison, as required (RFC 9110 section 13.1.2).
bool HasMatchingTag(const http::RequestHead& head, std::string_view etag) {
  for (const http::Field& field : head.fields) {
    if (!text::EqualsIgnoreCase(field.name, "if-none-match")) continue;
    std::string_view rest = field.value;
    std::string_view tag;
    while (http::NextListMember(rest, tag)) {
      if (tag.substr(0, 2) == "W/") tag.remove_prefix(2);
      if (tag == etag || tag == "*") return true;
    }
  }
  return false;
}

HttpAnswer FileAnswer(const http::RequestHead& head, const PageFile& file, Connection connection,
                      std::string_view date) {
  const bool unchanged = HasMatchingTag(head, file.etag);
  // Browsers revalidate every time, which mostly gives a 304: so a new page appears at once.
  return Answer(unchanged ? kNotModified : kOk, unchanged ? "" : file.body, connection, date,
                absl::StrCat("Content-Type: ", text::ToAbsl(file.content_type), "\r\nETag: ", text::ToAbsl(file.etag),
                             "\r\nCache-Control: no-cache\r\n", text::ToAbsl(kPageSecurity)));
}

// Returns true if a person asks with a browser: other clients get a text.
bool WantsPage(const http::RequestHead& head) {
  return std::any_of(head.fields.begin(), head.fields.end(), [](const http::Field& field) {
    return text::EqualsIgnoreCase(field.name, "accept") && field.value.find("text/html") != std::string_view::npos;
  });
}

HttpAnswer NotFound(const http::RequestHead& head, const PageFile* page, Connection connection, std::string_view date) {
  if (page == nullptr || !WantsPage(head)) return PlainText(kNotFound, connection, date);
  return Answer(kNotFound, page->body, connection, date,
                absl::StrCat("Content-Type: ", text::ToAbsl(page->content_type), "\r\nCache-Control: no-store\r\n",
                             text::ToAbsl(kPageSecurity)));
}

const PageFile* FindFile(std::span<const PageFile> files, std::string_view path) {
  for (const PageFile& file : files) {
    if (file.path == path) return &file;
  }
  return nullptr;
}

}  // namespace

std::string_view PathOf(std::string_view target) { return target.substr(0, target.find('?')); }

HttpAnswer AnswerPlain(const http::RequestHead& head, std::span<const PageFile> files, const HttpSituation& situation) {
  const std::string_view path = PathOf(head.target);
  const bool has_body = head.body.kind != http::BodyLength::Kind::kNone;
  const bool is_read = head.method == "GET" || head.method == "HEAD";
  const PageFile* file = FindFile(files, path);
  const bool is_health = path == "/healthz";
  const bool close = has_body || !head.keep_alive || situation.draining || situation.full;
  const Connection connection = close ? Connection::kClose : Connection::kKeepAlive;

  HttpAnswer answer;
  if (situation.full && !is_health) {
    answer = PlainText(kUnavailable, connection, situation.date, "Retry-After: 5\r\n");
  } else if (file == nullptr && !is_health) {
    answer = NotFound(head, FindFile(files, kNotFoundPage), connection, situation.date);
  } else if (!is_read || has_body) {
    answer = PlainText(kMethodNotAllowed, connection, situation.date, "Allow: GET, HEAD\r\n");
  } else if (is_health) {
    answer = PlainText(kOk, connection, situation.date);
  } else {
    answer = FileAnswer(head, *file, connection, situation.date);
  }
  if (head.method == "HEAD") answer.body = "";
  return answer;
}

HttpAnswer AnswerRefusedUpgrade(UpgradeRefusal refusal, const HttpSituation& situation) {
  switch (refusal) {
    case UpgradeRefusal::kNotGet:
      return PlainText(kMethodNotAllowed, Connection::kClose, situation.date, "Allow: GET\r\n");
    case UpgradeRefusal::kHasBody:
    case UpgradeRefusal::kConnectionMismatch:
    case UpgradeRefusal::kBadKey:
      return PlainText(kBadRequest, Connection::kClose, situation.date);
    case UpgradeRefusal::kNotAskedFor:
      return PlainText(kUpgradeRequired, Connection::kUpgradeClose, situation.date, "Upgrade: websocket\r\n");
    case UpgradeRefusal::kWrongVersion:
      return PlainText(kUpgradeRequired, Connection::kUpgradeClose, situation.date,
                       "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n");
    case UpgradeRefusal::kBadRoom:
      return PlainText(kBadRoom, Connection::kClose, situation.date);
    case UpgradeRefusal::kBadSince:
      return PlainText(kBadSince, Connection::kClose, situation.date);
    case UpgradeRefusal::kBadName:
      return PlainText(kBadName, Connection::kClose, situation.date);
    case UpgradeRefusal::kTooManyViewerConnections:
    case UpgradeRefusal::kTooManyViewerRooms:
      return PlainText(kTooManyRequests, Connection::kClose, situation.date, "Retry-After: 5\r\n");
    case UpgradeRefusal::kDraining:
    case UpgradeRefusal::kFull:
    case UpgradeRefusal::kTooManyRooms:
    case UpgradeRefusal::kRoomFull:
      break;
  }
  return PlainText(kUnavailable, Connection::kClose, situation.date, "Retry-After: 5\r\n");
}

std::optional<HttpAnswer> CloseForBrowser(UpgradeRefusal refusal, const http::RequestHead& head, std::string_view key) {
  // Browsers name the page's origin in each handshake (RFC 6455 section 4.1), and other clients hardly ever do.
  if (!head.fields.Has(http::FieldName::kOrigin)) return std::nullopt;
  const auto close = [key](std::uint16_t code, std::string_view reason) {
    return HttpAnswer{.head = SwitchingProtocols(key) + websocket::EncodeCloseFrame(code, reason), .close = true};
  };
  switch (refusal) {
    case UpgradeRefusal::kDraining:
      return close(websocket::kServiceRestart, "service restart");
    case UpgradeRefusal::kFull:
      return close(websocket::kTryAgainLater, "too many connections");
    case UpgradeRefusal::kTooManyRooms:
      return close(websocket::kTryAgainLater, "too many rooms");
    case UpgradeRefusal::kTooManyViewerConnections:
      return close(websocket::kTryAgainLater, "too many connections from your address");
    case UpgradeRefusal::kTooManyViewerRooms:
      return close(websocket::kTryAgainLater, "too many rooms opened from your address");
    case UpgradeRefusal::kRoomFull:
      return close(websocket::kTryAgainLater, "room full");
    default:
      return std::nullopt;
  }
}

HttpAnswer AnswerBadHead(http::HeadError error, const HttpSituation& situation) {
  Status status = kBadRequest;
  if (error == http::HeadError::kTooLarge || error == http::HeadError::kTooManyFields) status = kFieldsTooLarge;
  if (error == http::HeadError::kTargetTooLong) status = kUriTooLong;
  if (error == http::HeadError::kBadVersion) status = kVersionNotSupported;
  if (error == http::HeadError::kMethodRefused) status = kMethodNotAllowed;
  if (error == http::HeadError::kMethodTooLong) status = kNotImplemented;
  if (error == http::HeadError::kBadExpect) status = kExpectationFailed;
  const std::string_view fields = error == http::HeadError::kMethodRefused ? "Allow: GET, HEAD\r\n" : "";
  return PlainText(status, Connection::kClose, situation.date, fields);
}

HttpAnswer AnswerTimeout(const HttpSituation& situation) {
  return PlainText(kRequestTimeout, Connection::kClose, situation.date);
}

std::string SwitchingProtocols(std::string_view key, std::string_view extensions) {
  const auto accept = websocket::AcceptValue(key);
  std::string answer;
  answer.reserve(kAnswerRoom);
  answer.append("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n");
  answer.append("Sec-WebSocket-Accept: ").append(accept.data(), accept.size()).append("\r\n");
  if (!extensions.empty()) answer.append("Sec-WebSocket-Extensions: ").append(extensions).append("\r\n");
  answer.append("\r\n");
  return answer;
}

}  // namespace viaduct::origin
