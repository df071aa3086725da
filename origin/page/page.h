#pragma once

#include <span>
#include <string_view>

namespace viaduct::origin {

// One file of the chat page, as it is served. All views are of static storage.
struct PageFile {
  // The request path, "/" for the page itself.
  std::string_view path;
  std::string_view content_type;
  std::string_view body;
  // A strong entity tag (RFC 9110 section 8.8.3), quotes included; changes when the body changes.
  std::string_view etag;
};

// The files of the chat page: "/", its scripts ("/chat.js" and what that imports), style sheets and icons, and
// "/not_found.html" for people who ask for another path. The page loads nothing else, carries no inline script or
// style, and opens one WebSocket to "/websocket" of its own host. Thread-safe; the same immutable files at every call.
std::span<const PageFile> PageFiles();

}  // namespace viaduct::origin
