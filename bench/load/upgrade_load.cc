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

namespace viaduct {

UpgradeLoad::UpgradeLoad(const LoadOptions& options) : Load(options) {}

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
  attempt.head.clear();
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
  attempt.head.append(block, static_cast<std::size_t>(size));
  const std::optional<Answer> answer = ReadAnswer(attempt.head);
  if (!answer) return;
  heads_.Check(attempt.number, *answer);
  if (answer->head_bytes != attempt.head.size()) Fail("bytes behind a 101 that nobody asked for");
  attempt.fd.Reset();
  --under_way_;
  const auto now = Goal::Clock::now();
  report_.Add(now - attempt.begun, 0);
  Begin(tag, now);
}

}  // namespace viaduct
