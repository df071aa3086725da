#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "http/head.h"
#include "origin/http/upgrade_request.h"
#include "origin/page/page.h"

namespace viaduct::origin {

// The path of the WebSocket; a query may follow.
inline constexpr std::string_view kWebSocketPath = "/websocket";

// Returns `target` without its query.
std::string_view PathOf(std::string_view target);

// The answer to one request. A value, except for the body, which has static storage.
struct HttpAnswer {
  std::string head = {};  // from the status line to the empty line
  std::string_view body = {};
  bool close = false;  // the connection ends after this answer, and the head says so
};

// The state of this process that affects every answer. A value.
struct HttpSituation {
  bool draining = false;
  bool full = false;      // the connection is above the limit
  std::string_view date;  // IMF-fixdate (RFC 9110 section 5.6.7)
};

// Only the five functions below pick a status code. No answer contains input.

// Answers GET and HEAD of the page's files, with 304 for a matching If-None-Match, and of /healthz, which is 200 even
// while
// draining or full. Otherwise 404, 405, or 503 if full. A request with a body is refused and its connection closed,
// since
// the body is never read.
HttpAnswer AnswerPlain(const http::RequestHead& head, std::span<const PageFile> files, const HttpSituation& situation);
HttpAnswer AnswerRefusedUpgrade(UpgradeRefusal refusal, const HttpSituation& situation);
// The same for a browser that sent a handshake with `key`, if it should come back later: a page sees nothing of a 503
// or 429, so it gets a 101 and a Close with a code and a reason. nullopt if the answer above is the right one.
std::optional<HttpAnswer> CloseForBrowser(UpgradeRefusal refusal, const http::RequestHead& head, std::string_view key);
HttpAnswer AnswerBadHead(http::HeadError error, const HttpSituation& situation);
// Answers a request whose head was not finished in time.
HttpAnswer AnswerTimeout(const HttpSituation& situation);

// The 101 for a handshake with `key`. `extensions` are those agreed on, "" for none.
std::string SwitchingProtocols(std::string_view key, std::string_view extensions = "");

}  // namespace viaduct::origin
