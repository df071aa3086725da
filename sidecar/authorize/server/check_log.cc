#include "sidecar/authorize/server/check_log.h"

#include <chrono>

#include "filter/policy.h"
#include "ops/log/json_line.h"
#include "sidecar/authorize/check_line.h"
#include "sidecar/authorize/check_reply.h"
#include "sidecar/request/access_log.h"
#include "text/text_buffer.h"

namespace viaduct::sidecar {

void CheckLog::Write(const Check& check, const CheckDecision& decision, const SidecarConfig& config,
                     std::string_view proxy, net::Clock::time_point begin) {
  const filter::Policy& policy = *config.policy;
  AccessRecord record;
  NoteCheck(check, decision, policy, config.shown_query, begin, &record);
  text::TextBuffer text;
  const net::MutexLock lock(&mutex_);
  metrics_.CountCheck(check.form, decision, SecretGenerationOf(decision, policy));
  ops::JsonLine line = lines_.Start(&text, ops::LogLevel::kInfo, std::chrono::system_clock::now());
  record.AddTo(&line);
  EndCheckLine({.form = check.form, .proxy = proxy, .status = CheckStatus(decision)}, net::Clock::now() - begin, &line);
  sink_->Write(text.view());
  if (CheckStatus(decision) >= 400) recent_ends_.Keep(ops::RecentLines::Kind::kRequest, text.view());
}

std::vector<std::string> CheckLog::RecentEnds(std::string_view text, std::size_t most) const {
  const net::MutexLock lock(&mutex_);
  return recent_ends_.Find(text, most);
}

}  // namespace viaduct::sidecar
