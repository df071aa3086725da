#pragma once

#include <chrono>
#include <string_view>

#include "filter/policy.h"
#include "net/event_loop.h"
#include "ops/log/json_line.h"
#include "sidecar/authorize/check.h"
#include "sidecar/request/access_log.h"
#include "text/redaction.h"

namespace viaduct::sidecar {

// Begins the log line of a question that arrived at `now`, and notes the question with its answer. The target's query
// is shown as `query` allows. A question that could not be read has no members of a request.
void NoteCheck(const Check& check, const CheckDecision& decision, const filter::Policy& policy,
               const text::QueryRedaction& query, net::Clock::time_point now, AccessRecord* record);

// The name of the origin secret's generation that the request in question carried; empty if it carried none.
std::string_view SecretGenerationOf(const CheckDecision& decision, const filter::Policy& policy);

// The figures of an answered question.
struct CheckFigures {
  CheckForm form = CheckForm::kHttp;
  std::string_view proxy;  // who asked: an address with port, or "unix:…"
  int status = 0;          // that was answered; 0 if none could be
};
// Adds them to a line, and ends it.
void EndCheckLine(const CheckFigures& figures, std::chrono::nanoseconds duration, ops::JsonLine* line);

}  // namespace viaduct::sidecar
