#pragma once

#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstddef>

namespace viaduct::net {

// The system calls that every relayed message makes, as the man pages describe them, except that none is a cancellation
// point. In a process with threads, glibc's versions enter and leave a cancellable state around each call, which costs
// twice the instructions of the call itself. No thread of ours is ever cancelled.
inline ssize_t ReceiveCall(int fd, void* data, std::size_t size) {
  return ::syscall(SYS_recvfrom, fd, data, size, 0, nullptr, nullptr);
}
inline ssize_t SendCall(int fd, const void* data, std::size_t size, int flags) {
  return ::syscall(SYS_sendto, fd, data, size, flags, nullptr, 0);
}
inline int EpollWaitCall(int fd, epoll_event* events, int count, int timeout_millis) {
  return static_cast<int>(::syscall(SYS_epoll_pwait, fd, events, count, timeout_millis, nullptr, 0));
}

}  // namespace viaduct::net
