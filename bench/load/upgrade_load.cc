#include "bench/load/upgrade_load.h"

#include <sys/socket.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "bench/bare_socket.h"
#include "bench/failure.h"
#include "bench/load/answer.h"
#include "bench/load/load.h"
#include "bench/load/welcome.h"

namespace viaduct::bench {

UpgradeLoad::UpgradeLoad(const LoadOptions& options, Behind101 behind) : Load(options), behind_(behind) {}

Report UpgradeLoad::Open(std::size_t count) {
  attempts_.resize(attempts_.size() + count);
  return Run(Goal::Count(count));
}

Report UpgradeLoad::Run(Goal goal) {
  goal_ = goal;
  report_ = Report();
  for (std::size_t i = 0; i < attempts_.size(); ++i) Begin(i, Goal::Clock::now());
  while (under_way_ > 0) TurnOrFail();
  report_.Finish();
  return report_;
}

void UpgradeLoad::Begin(std::size_t place, Goal::Clock::time_point now) {
  if (!goal_.Begin(now)) return;
  Attempt& attempt = attempts_[place];
  attempt.number = begun_++;
  attempt.begun = now;
  attempt.answer.clear();
  attempt.fd = ConnectTo(options_.target, attempt.number % options_.sources);
  const std::string_view request = heads_.Request(attempt.number);
  if (SendSome(attempt.fd.get(), request) != static_cast<std::ptrdiff_t>(request.size())) {
    FailWithErrno("a new connection does not take a request");
  }
  Watch(epoll_.get(), attempt.fd.get(), place);
  ++under_way_;
}

void UpgradeLoad::React(std::uint64_t tag) {
  Attempt& attempt = attempts_[tag];
  char block[4096];
  const ssize_t size = ::recv(attempt.fd.get(), block, sizeof(block), 0);
  if (size < 0 && errno == EAGAIN) return;
  if (size < 0) FailWithErrno("recv of an upgrade's answer");
  if (size == 0) Fail("an upgrade's connection was closed");
  attempt.answer.append(block, static_cast<std::size_t>(size));
  if (!IsWhole(attempt)) return;
  attempt.fd.Reset();
  --under_way_;
  const auto now = Goal::Clock::now();
  report_.Add(now - attempt.begun, 0);
  Begin(tag, now);
}

bool UpgradeLoad::IsWhole(const Attempt& attempt) const {
  const std::optional<Answer> answer = ReadAnswer(attempt.answer);
  if (!answer) return false;
  heads_.Check(attempt.number, *answer);
  std::string_view behind = std::string_view(attempt.answer).substr(answer->head_bytes);
  if (behind_ == Behind101::kWelcome) {
    const std::optional<Welcome> welcome = ReadWelcome(behind);
    if (!welcome) return false;
    behind.remove_prefix(welcome->frame_bytes);
  }
  if (!behind.empty()) Fail("bytes behind a 101 that nobody asked for");
  return true;
}

}  // namespace viaduct::bench
