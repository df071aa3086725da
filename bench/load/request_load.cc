#include "bench/load/request_load.h"

#include <sys/socket.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>

#include "bench/bare_socket.h"
#include "bench/failure.h"
#include "bench/load/answer.h"
#include "bench/load/edge_head.h"
#include "bench/load/load.h"

namespace viaduct::bench {

RequestLoad::RequestLoad(const LoadOptions& options) : Load(options) {}

Report RequestLoad::Open(std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t number = connections_.size();
    connections_.emplace_back().fd = ConnectTo(options_.target, number % options_.sources);
    Watch(epoll_.get(), connections_.back().fd.get(), number);
  }
  return Run(Goal::Count(count));
}

Report RequestLoad::Run(Goal goal) {
  goal_ = goal;
  report_ = Report();
  for (Connection& connection : connections_) Begin(connection, Goal::Clock::now());
  while (under_way_ > 0) TurnOrFail();
  report_.Finish();
  return report_;
}

void RequestLoad::Begin(Connection& connection, Goal::Clock::time_point now) {
  if (!goal_.Begin(now)) return;
  char target[32];
  std::snprintf(target, sizeof(target), "/bench/%016llx", static_cast<unsigned long long>(begun_++));
  connection.target = target;
  connection.begun = now;
  connection.answer.clear();
  const std::string request = PlainRequest(connection.target);
  if (SendSome(connection.fd.get(), request) != static_cast<std::ptrdiff_t>(request.size())) {
    FailWithErrno("a kept connection does not take a request");
  }
  ++under_way_;
}

void RequestLoad::React(std::uint64_t tag) {
  Connection& connection = connections_[tag];
  char block[4096];
  const ssize_t size = ::recv(connection.fd.get(), block, sizeof(block), 0);
  if (size < 0 && errno == EAGAIN) return;
  if (size < 0) FailWithErrno("recv of an answer");
  if (size == 0) Fail("a kept connection was closed");
  connection.answer.append(block, static_cast<std::size_t>(size));
  if (!IsComplete(connection)) return;
  --under_way_;
  const auto now = Goal::Clock::now();
  report_.Add(now - connection.begun, 0);
  Begin(connection, now);
}

bool RequestLoad::IsComplete(const Connection& connection) {
  const std::optional<Answer> answer = ReadAnswer(connection.answer);
  if (!answer || connection.answer.size() < answer->head_bytes + answer->content_length) return false;
  if (answer->status != 200) Fail("a request was answered " + std::to_string(answer->status));
  const std::string_view body = std::string_view(connection.answer).substr(answer->head_bytes);
  if (body != connection.target) Fail("an answer to another request: \"" + std::string(body.substr(0, 80)) + "\"");
  return true;
}

}  // namespace viaduct::bench
