#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/support/scripted_peer.h"

namespace viaduct {

// A request or response as a test reads it; shares no code with http/. A value.
struct HttpMessage {
  std::string head;        // with its empty line
  std::string start_line;  // without CR LF
  std::vector<std::pair<std::string, std::string>> fields;
  std::string body;       // without chunk framing
  bool complete = false;  // ended as its framing says

  // Returns the status of a response, 0 if there is none.
  int status() const;
  // Returns the first field of this name, in any letter case, or "".
  std::string Field(std::string_view name) const;
  int Count(std::string_view name) const;
};

// The expected body of a message.
enum class HttpBody { kAsFramed, kNone };

// Reads one message. kNone: an answer to HEAD. Heads of 1xx, 204 and 304, and requests without framing, have no body;
// a response without framing ends with FIN.
HttpMessage ReadHttpMessage(ScriptedPeer* peer, HttpBody body = HttpBody::kAsFramed);

}  // namespace viaduct
