#include "sidecar/authorize/server/authorize_session.h"

#include <chrono>
#include <memory>
#include <optional>
#include <utility>

#include "sidecar/authorize/check_line.h"
#include "sidecar/authorize/check_reply.h"

namespace viaduct::sidecar {
namespace {

using Fill = BufferedSocket::Fill;

// The time for which a trusted proxy may keep a connection without a question.
constexpr auto kIdleTimeout = std::chrono::hours(1);
// The time for which input is still read and dropped after the last answer: closing at once would send a reset, which
// could destroy the answer on its way.
constexpr auto kLingerTimeout = std::chrono::seconds(1);
// The number of steps that one connection may take in a turn before others get theirs.
constexpr int kStepsPerTurn = 64;

}  // namespace

AuthorizeSession::AuthorizeSession(WorkerContext* context, Owner* owner, const Room& room, net::UniqueFd connection,
                                   const net::SocketAddress& proxy)
    : context_(context),
      owner_(owner),
      room_(room),
      asker_(room.blocks),
      timer_(context->loop(), this),
      proxy_(proxy),
      proxy_text_(proxy.is_unix() ? "unix:" : proxy.ToString()),
      since_(context->loop()->now()),
      head_begin_(since_) {
  asker_.Attach(
      std::unique_ptr<net::StreamSocket>(new net::StreamSocket(context->loop(), std::move(connection), this)));
  AwaitHead();
}

void AuthorizeSession::OnSocketReady(net::StreamSocket*) { Advance(); }

void AuthorizeSession::Advance() {
  for (int steps = 0; phase_ != Phase::kOver && Step(); ++steps) {
    if (steps < kStepsPerTurn) continue;
    if (phase_ != Phase::kOver) asker_.socket()->RunAgain();
    return;
  }
}

bool AuthorizeSession::Step() {
  if (!asker_.Flush()) {
    End();
    return false;
  }
  if (!asker_.out().empty()) return false;  // the last answer first
  return phase_ == Phase::kHead ? StepHead() : StepLingering();
}

bool AuthorizeSession::StepHead() {
  if (!asker_.in().empty()) {
    std::optional<http::HeadError> error;
    const std::optional<std::size_t> size = head_finder_.Find(asker_.in().view(), &error);
    if (!size.has_value() && !error.has_value() && asker_.in().room() == 0) error = http::HeadError::kTooLarge;
    if (error.has_value()) {
      context_->metrics().heads_refused[static_cast<std::size_t>(*error)].Add();
      Refuse(CheckFault::kBadRequest, Rule(*error));
      return true;
    }
    if (size.has_value()) {
      HandleHead(*size);
      return true;
    }
  }
  const bool new_head = asker_.in().empty();
  switch (asker_.FillOnce()) {
    case Fill::kNothing:
      asker_.in().Settle();  // the rest of the head may take its time
      if (!asker_.ended()) return false;
      break;
    case Fill::kRead:
      if (new_head) {
        head_begin_ = since_ = context_->loop()->now();
        timer_.SetAfter(context_->config().request_head_timeout);
      }
      return true;
    case Fill::kEnded:
    case Fill::kFailed:
      break;
  }
  End();
  return false;
}

void AuthorizeSession::HandleHead(std::size_t head_size) {
  http::RequestHead head;
  const auto error = http::ParseRequestHead(asker_.in().view().substr(0, head_size), kLimits, room_.fields, &head);
  if (error.has_value()) {
    context_->metrics().heads_refused[static_cast<std::size_t>(*error)].Add();
    Refuse(CheckFault::kBadRequest, Rule(*error));
    return;
  }
  head_request_ = head.method == "HEAD";
  const SidecarConfig& config = context_->config();
  const Check check = ReadHttpCheck(head, proxy_, *config.authorize);
  const CheckDecision decision = DecideCheck(check, *config.policy);
  if (check.fault != CheckFault::kUntrustedProxy) proven_ = true;
  const bool keep =
      head.keep_alive && head.body.kind == http::BodyLength::Kind::kNone && proven_ && !context_->draining();
  Answer(check, decision, Rule(), keep ? AfterReply::kKeepAlive : AfterReply::kClose);
  asker_.in().Consume(head_size);
  head_finder_.Reset();
  if (keep) AwaitHead();
}

void AuthorizeSession::Refuse(CheckFault fault, Rule rule) {
  Check check{.form = CheckForm::kHttp, .fault = fault};
  if (!context_->config().authorize->Trusts(proxy_)) check.fault = CheckFault::kUntrustedProxy;
  Answer(check, DenyCheck(*check.fault), rule, AfterReply::kClose);
}

void AuthorizeSession::Answer(const Check& check, const CheckDecision& decision, Rule rule, AfterReply after) {
  const filter::Policy& policy = *context_->config().policy;
  std::string* text = context_->head_scratch();
  text->clear();
  AppendCheckReply(decision, after, std::exchange(head_request_, false), text);
  asker_.out().Append(*text);  // nothing else waits there
  context_->metrics().CountCheck(check.form, decision, SecretGenerationOf(decision, policy));
  NoteCheck(check, decision, policy, context_->config().shown_query, head_begin_, &record_);
  record_.NoteRule(rule);
  context_->access_lines().WriteCheck(record_,
                                      {.form = check.form, .proxy = proxy_text_, .status = CheckStatus(decision)});
  if (after == AfterReply::kClose) Linger();
}

void AuthorizeSession::AwaitHead() {
  head_begin_ = since_ = context_->loop()->now();
  // A question that follows at once is already there. A peer that is not known yet has to begin soon.
  const bool soon = !asker_.in().empty() || !context_->config().authorize->Trusts(proxy_);
  if (soon) {
    timer_.SetAfter(context_->config().request_head_timeout);
  } else {
    timer_.SetAfter(kIdleTimeout);
  }
}

bool AuthorizeSession::StepLingering() {
  if (!std::exchange(fin_sent_, true)) asker_.socket()->ShutdownWrite();
  asker_.in().Clear();
  switch (asker_.FillOnce()) {
    case Fill::kRead:
      return true;
    case Fill::kNothing:
      // The peer sent its FIN earlier, so no further edge will come.
      if (asker_.ended()) End();
      return false;
    case Fill::kEnded:
    case Fill::kFailed:
      End();
      return false;
  }
  return false;
}

void AuthorizeSession::OnTimer(net::Timer*) {
  if (phase_ == Phase::kLingering) {
    End();
  } else if (!asker_.in().empty()) {
    Refuse(CheckFault::kRequestHeadTimeout, Rule());
  } else {
    EndIdle();
  }
  Advance();
}

void AuthorizeSession::EndIdle() {
  // The kernel may have a question that the loop has not reported yet; it is answered.
  switch (asker_.FillNow()) {
    case Fill::kRead:
      head_begin_ = since_ = context_->loop()->now();
      timer_.SetAfter(context_->config().request_head_timeout);
      break;
    case Fill::kNothing:
      Linger();
      break;
    case Fill::kEnded:
    case Fill::kFailed:
      End();
      break;
  }
}

void AuthorizeSession::Linger() {
  phase_ = Phase::kLingering;
  timer_.SetAfter(kLingerTimeout);
}

void AuthorizeSession::End() {
  if (std::exchange(phase_, Phase::kOver) == Phase::kOver) return;
  timer_.Cancel();
  owner_->OnEnded(this);
}

}  // namespace viaduct::sidecar
