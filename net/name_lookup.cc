#include "net/name_lookup.h"

#include <netdb.h>
#include <sys/socket.h>

#include <chrono>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace viaduct {
namespace {

// How often we look whether the answer has come. glibc could tell by a signal or a thread of its own, which would cost
// more than a few looks at one number.
constexpr auto kLookEvery = std::chrono::milliseconds(5);

}  // namespace

// What glibc's threads read and write; it must live until they are done.
struct NameLookup::Request {
  ~Request() {
    if (call.ar_result != nullptr) freeaddrinfo(call.ar_result);
  }

  std::string host;
  std::string port;
  addrinfo hints{};
  gaicb call{};
};

NameLookup::NameLookup(EventLoop* loop, const std::string& host, std::uint16_t port,
                       absl::AnyInvocable<void(Addresses)> done)
    : request_(new Request{.host = host, .port = absl::StrCat(port)}), done_(std::move(done)), look_(loop, this) {
  request_->hints.ai_socktype = SOCK_STREAM;
  request_->hints.ai_flags = AI_ADDRCONFIG | AI_NUMERICSERV;
  request_->call.ar_name = request_->host.c_str();
  request_->call.ar_service = request_->port.c_str();
  request_->call.ar_request = &request_->hints;
  gaicb* const call = &request_->call;
  gaicb* calls[] = {call};
  error_ = getaddrinfo_a(GAI_NOWAIT, calls, 1, nullptr);
  look_.SetAfter(kLookEvery);
}

NameLookup::~NameLookup() {
  if (error_ != 0 || gai_error(&request_->call) != EAI_INPROGRESS) return;
  // What cannot be called back is left to the thread that works on it; there is no way to free it when that has ended.
  if (gai_cancel(&request_->call) == EAI_NOTCANCELED) [[maybe_unused]]
    Request* const forever = request_.release();
}

void NameLookup::OnTimer(Timer*) {
  if (error_ == 0 && gai_error(&request_->call) == EAI_INPROGRESS) {
    look_.SetAfter(kLookEvery);
    return;
  }
  absl::AnyInvocable<void(Addresses)> done = std::move(done_);
  done(Result());
}

NameLookup::Addresses NameLookup::Result() const {
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

}  // namespace viaduct
