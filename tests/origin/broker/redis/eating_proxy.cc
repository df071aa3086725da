#include "tests/origin/broker/redis/eating_proxy.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "net/address.h"
#include "origin/broker/redis/room/room_scripts.h"

namespace viaduct::origin {
namespace {

constexpr std::size_t kBuffer = 64 * 1024;

net::UniqueFd Socket() { return net::UniqueFd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)); }

// Returns nothing at the end of the stream.
std::string_view Receive(const net::UniqueFd& from, std::array<char, kBuffer>* buffer) {
  const ssize_t got = ::recv(from.get(), buffer->data(), buffer->size(), 0);
  return {buffer->data(), got > 0 ? static_cast<std::size_t>(got) : 0};
}

}  // namespace

EatingProxy::EatingProxy(std::string upstream) : upstream_(std::move(upstream)), listener_(Socket()) {
  char path[] = "/tmp/proxyXXXXXX";
  if (::mkdtemp(path) == nullptr) std::abort();
  directory_ = path;
  path_ = directory_ + "/proxy.sock";
  const net::SocketAddress address = net::SocketAddress::Parse("unix:" + path_).value();
  if (::bind(listener_.get(), address.data(), address.size()) != 0 || ::listen(listener_.get(), 64) != 0) std::abort();
  thread_ = std::thread([this] { Run(); });
}

EatingProxy::~EatingProxy() {
  stop_ = true;
  thread_.join();
  std::filesystem::remove_all(directory_);
}

RedisEndpoint EatingProxy::Endpoint() const {
  RedisEndpoint endpoint;
  endpoint.host = path_;
  endpoint.is_unix = true;
  return endpoint;
}

void EatingProxy::Refuse(bool refuse) {
  refuse_ = refuse;
  // The current turn may not have seen it yet, but the next one has.
  const unsigned turns = turns_;
  while (refuse && turns_ - turns < 2) std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

void EatingProxy::Run() {
  while (!stop_) {
    ++turns_;
    std::vector<pollfd> polled = {{.fd = listener_.get(), .events = POLLIN, .revents = 0}};
    for (const Pair& pair : pairs_) {
      polled.push_back({.fd = pair.client.get(), .events = POLLIN, .revents = 0});
      polled.push_back({.fd = pair.server.get(), .events = POLLIN, .revents = 0});
    }
    ::poll(polled.data(), polled.size(), 5);
    if (cut_.exchange(false) || refuse_) {
      pairs_.clear();
    } else {
      std::size_t kept = 0;
      for (std::size_t i = 0; i < pairs_.size(); ++i) {
        const bool open = (polled[1 + 2 * i].revents == 0 || CarryQuestion(&pairs_[i])) &&
                          (polled[2 + 2 * i].revents == 0 || CarryAnswer(&pairs_[i]));
        if (open) std::swap(pairs_[kept++], pairs_[i]);
      }
      pairs_.resize(kept);
    }
    if (polled[0].revents != 0) Accept();
  }
}

void EatingProxy::Accept() {
  Pair pair{.client = net::UniqueFd(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC)), .server = Socket()};
  const net::SocketAddress address = net::SocketAddress::Parse("unix:" + upstream_).value();
  if (refuse_ || ::connect(pair.server.get(), address.data(), address.size()) != 0) return;
  pairs_.push_back(std::move(pair));
}

bool EatingProxy::CarryQuestion(Pair* pair) const {
  std::array<char, kBuffer> buffer;
  const std::string_view bytes = Receive(pair->client, &buffer);
  if (hold_ && bytes.find(ReadScript().sha1) != std::string_view::npos) pair->reads = true;
  return !bytes.empty() && Send(pair->server, bytes);
}

bool EatingProxy::CarryAnswer(Pair* pair) {
  if (hold_ && pair->reads) return holding_ = true;
  std::array<char, kBuffer> buffer;
  const std::string_view bytes = Receive(pair->server, &buffer);
  if (bytes.empty()) return false;
  if (eat_) pair->eaten = true;
  if (pair->eaten) return true;
  const bool sent = Send(pair->client, bytes);
  if (hold_) ++passed_;
  return sent;
}

bool EatingProxy::Send(const net::UniqueFd& to, std::string_view bytes) {
  // A client that stopped reading must not hold up the others for ever.
  const timeval patience{.tv_sec = 1, .tv_usec = 0};
  ::setsockopt(to.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  while (!bytes.empty()) {
    const ssize_t sent = ::send(to.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

}  // namespace viaduct::origin
