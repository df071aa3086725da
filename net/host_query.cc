#include "net/host_query.h"

#include <netdb.h>
#include <sys/socket.h>

#include <ctime>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace viaduct::net {

// The memory that glibc's threads read and write; it must live until they are done.
struct HostQuery::Request {
  ~Request() {
    if (call.ar_result != nullptr) freeaddrinfo(call.ar_result);
  }

  std::string host;
  std::string port;
  addrinfo hints{};
  gaicb call{};
};

HostQuery::HostQuery(const std::string& host, std::uint16_t port)
    : request_(new Request{.host = host, .port = absl::StrCat(port)}) {
  request_->hints.ai_socktype = SOCK_STREAM;
  request_->hints.ai_flags = AI_ADDRCONFIG | AI_NUMERICSERV;
  request_->call.ar_name = request_->host.c_str();
  request_->call.ar_service = request_->port.c_str();
  request_->call.ar_request = &request_->hints;
  gaicb* const call = &request_->call;
  gaicb* calls[] = {call};
  error_ = getaddrinfo_a(GAI_NOWAIT, calls, 1, nullptr);
}

HostQuery::~HostQuery() {
  if (done()) return;
  // A request that cannot be cancelled is left to the thread that works on it; nothing can free it when that has ended.
  if (gai_cancel(&request_->call) == EAI_NOTCANCELED) [[maybe_unused]]
    Request* const forever = request_.release();
}

bool HostQuery::done() const { return error_ != 0 || gai_error(&request_->call) != EAI_INPROGRESS; }

void HostQuery::WaitFor(std::chrono::nanoseconds time) const {
  if (done()) return;
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(time);
  const timespec wait{.tv_sec = seconds.count(), .tv_nsec = (time - seconds).count()};
  const gaicb* const calls[] = {&request_->call};
  gai_suspend(calls, 1, &wait);
}

HostQuery::Addresses HostQuery::Result() const {
  const int error = error_ != 0 ? error_ : gai_error(&request_->call);
  if (error != 0) {
    return absl::UnavailableError(absl::StrCat("looking up ", request_->host, ": ", gai_strerror(error)));
  }
  std::vector<SocketAddress> addresses;
  for (const addrinfo* info = request_->call.ar_result; info != nullptr; info = info->ai_next) {
    addresses.push_back(SocketAddress::FromSockaddr(info->ai_addr, info->ai_addrlen));
  }
  return addresses;
}

}  // namespace viaduct::net
