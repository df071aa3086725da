#include "net/send_watch.h"

#include <linux/sockios.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

namespace viaduct::net {

SendProgress SendProgress::Of(int fd) {
  SendProgress progress;
  int waiting = 0;
  if (::ioctl(fd, SIOCOUTQ, &waiting) == 0 && waiting > 0) progress.waiting = static_cast<std::uint64_t>(waiting);
  tcp_info info{};
  socklen_t size = sizeof info;
  if (::getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) == 0) {
    progress.acknowledged = info.tcpi_bytes_acked;
  } else {
    progress.acknowledged = ~progress.waiting;
  }
  return progress;
}

void KeepQueueShort(int fd) {
  const int bytes = 128 * 1024;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &bytes, sizeof bytes);
}

std::optional<SendWatch::Time> SendWatch::Look(const SendProgress& progress, bool more_waits, Time now) {
  const bool took = acknowledged_.has_value() && progress.acknowledged != *acknowledged_;
  acknowledged_ = progress.acknowledged;
  const bool waits = more_waits || progress.waiting > 0;
  if (took || !waits) since_ = now;
  return waits ? std::optional<Time>(since_) : std::nullopt;
}

}  // namespace viaduct::net
