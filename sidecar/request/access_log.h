#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include "filter/verdict.h"
#include "http/head.h"
#include "net/event_loop.h"
#include "ops/log/json_line.h"
#include "sidecar/request/request_end.h"
#include "sidecar/request/rule.h"
#include "sidecar/request/tunnel_end.h"
#include "text/redaction.h"
#include "text/text_buffer.h"

namespace viaduct::sidecar {

// Gathers the content of the one log line of a request or tunnel while it lasts. Fields of the head are rendered at
// once, because the head is gone when the line is written. A value.
class AccessRecord {
 public:
  // Begins a new line. The clock starts here.
  void Begin(net::Clock::time_point now, std::string_view peer);
  // Notes the VPC endpoint through which the connection came, from its PROXY header.
  void NoteVpcEndpoint(std::string_view id);
  // Notes a head that could be parsed; long values are cut, and the target's query is shown as `query` allows.
  void NoteRequest(const http::RequestHead& head, const text::QueryRedaction& query);
  // `viewer` is the text of the verdict's viewer address, `secret_generation` the name of its generation; each is empty
  // if the verdict has none.
  void NoteVerdict(const filter::Verdict& verdict, std::string_view viewer, std::string_view secret_generation);
  // Notes what the check that denied the request looked at, for people; a long text is cut.
  void NoteFacts(std::string_view facts);
  // Notes a denial for a reason that is not the filter's, in place of its verdict.
  void NoteDenial(std::string_view reason);
  // Notes the rule that was broken, if one was. At most once for a line.
  void NoteRule(Rule rule);
  // Notes a problem in the words of a library.
  void NoteProblem(std::string_view text);

  net::Clock::time_point begin() const { return begin_; }
  // Frees unused memory; for records that are kept for a long time.
  void Shrink() { rendered_.Shrink(); }
  // Returns the head and the verdict so far, as a JSON object that is not closed: `{"peer":"…","method":"GET"…`.
  std::string_view rendered() const { return rendered_.view(); }
  // Adds all of the above to a started line; the caller adds the figures after it.
  void AddTo(ops::JsonLine* line) const;

 private:
  net::Clock::time_point begin_{};
  text::TextBuffer rendered_;  // an object that is not closed
};

// The figures of a finished request.
struct RequestFigures {
  int status = 0;
  RequestEnd end = RequestEnd::kCompleted;
  std::uint64_t request_body_bytes = 0;
  std::uint64_t response_body_bytes = 0;
  std::optional<std::chrono::nanoseconds> upstream_time;  // from the forwarded head to the response's head
};
void AddRequestFigures(const RequestFigures& figures, std::chrono::nanoseconds duration, ops::JsonLine* line);

// The figures of an ended tunnel, by direction.
struct TunnelFigures {
  struct Way {
    std::uint64_t bytes = 0;
    std::uint64_t frames = 0;          // data frames
    std::chrono::nanoseconds idle{0};  // from the last of them, or from the 101 if there was none, to the end
    std::optional<int> close_code;     // of the Close frame that came this way, 1005 if it had none
  };
  TunnelEnd end = TunnelEnd::kViewerClose;
  Way from_viewer;
  Way from_upstream;
  std::optional<int> close_sent;  // the code of our own Close
};
void AddTunnelFigures(const TunnelFigures& figures, std::chrono::nanoseconds duration, ops::JsonLine* line);

}  // namespace viaduct::sidecar
