#include "ops/program/ops_server.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <ctime>
#include <filesystem>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/status.h"

namespace viaduct::ops {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

// A plain TCP client on loopback.
class Client {
 public:
  Client() : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {}
  explicit Client(std::uint16_t port) : Client() { Connect(port); }
  ~Client() {
    if (fd_ >= 0) close(fd_);
  }
  Client(Client&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Client& operator=(Client&&) = delete;

  int fd() const { return fd_; }

  void Connect(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ASSERT_EQ(connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  }

  void Send(std::string_view text) {
    while (!text.empty()) {
      const ssize_t n = send(fd_, text.data(), text.size(), MSG_NOSIGNAL);
      if (n <= 0) return;
      text.remove_prefix(static_cast<std::size_t>(n));
    }
  }

  // Reads until the text has `end`, or the server closed, or ten seconds are over.
  std::string ReadUntil(std::string_view end) {
    std::string text;
    const auto deadline = steady_clock::now() + 10s;
    while (text.find(end) == std::string::npos && steady_clock::now() < deadline) {
      pollfd readable{.fd = fd_, .events = POLLIN, .revents = 0};
      if (poll(&readable, 1, 100) <= 0) continue;
      char buffer[4096];
      const ssize_t n = recv(fd_, buffer, sizeof buffer, 0);
      if (n <= 0) break;
      text.append(buffer, static_cast<std::size_t>(n));
    }
    return text;
  }

  // Returns true if the server closes within ten seconds; discards what it sends before.
  bool IsClosed() {
    const auto start = steady_clock::now();
    ReadUntil("\xff");
    return steady_clock::now() - start < 9s;
  }

 private:
  int fd_;
};

OpsServer::Options SimpleOptions() {
  return {.address = "127.0.0.1:0",
          .metrics = [] { return std::string("m_total 1\n"); },
          .healthy = [] { return absl::OkStatus(); },
          .ready = [] { return absl::UnavailableError("draining"); }};
}

std::unique_ptr<OpsServer> StartServer(OpsServer::Options options = SimpleOptions()) {
  auto server = OpsServer::Start(std::move(options));
  if (!server.ok()) return nullptr;
  return *std::move(server);
}

// Returns the whole answer to one request that asks for the connection to be closed.
std::string Ask(std::uint16_t port, const std::string& request_line) {
  Client client(port);
  client.Send(request_line + "\r\nHost: x\r\nConnection: close\r\n\r\n");
  return client.ReadUntil("\xff");
}

TEST(OpsServerTest, AnswersItsPaths) {
  const auto server = StartServer();
  constexpr std::string_view kOk =
      "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 3\r\nCache-Control: no-store\r\n"
      "Connection: close\r\n\r\nok\n";
  constexpr std::string_view kDraining =
      "HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 9\r\n"
      "Cache-Control: no-store\r\nConnection: close\r\n\r\ndraining\n";
  constexpr std::string_view kMetrics =
      "HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\nContent-Length: 10\r\n"
      "Cache-Control: no-store\r\nConnection: close\r\n\r\nm_total 1\n";
  EXPECT_EQ(Ask(server->port(), "GET /healthz HTTP/1.1"), kOk);
  EXPECT_EQ(Ask(server->port(), "GET /readyz HTTP/1.1"), kDraining);
  EXPECT_EQ(Ask(server->port(), "GET /metrics HTTP/1.1"), kMetrics);
  EXPECT_EQ(Ask(server->port(), "GET /metrics?name=a HTTP/1.1"), kMetrics);
  EXPECT_EQ(Ask(server->port(), "GET /metrics HTTP/1.0"), kMetrics);
}

TEST(OpsServerTest, HeadIsGetWithoutTheBody) {
  const auto server = StartServer();
  EXPECT_EQ(Ask(server->port(), "HEAD /metrics HTTP/1.1"),
            "HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\nContent-Length: 10\r\n"
            "Cache-Control: no-store\r\nConnection: close\r\n\r\n");
}

TEST(OpsServerTest, HealthIsAskedAnewEachTime) {
  std::atomic<bool> wedged = false;
  OpsServer::Options options = SimpleOptions();
  options.healthy = [&] { return wedged ? absl::InternalError("worker 1 has not turned for 12s") : absl::OkStatus(); };
  options.ready = [&] { return absl::OkStatus(); };
  const auto server = StartServer(std::move(options));
  EXPECT_TRUE(Ask(server->port(), "GET /healthz HTTP/1.1").starts_with("HTTP/1.1 200 OK\r\n"));
  wedged = true;
  const std::string answer = Ask(server->port(), "GET /healthz HTTP/1.1");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 503 Service Unavailable\r\n"));
  EXPECT_TRUE(answer.ends_with("\r\n\r\nworker 1 has not turned for 12s\n"));
  EXPECT_TRUE(Ask(server->port(), "GET /readyz HTTP/1.1").starts_with("HTTP/1.1 200 OK\r\n"));
}

TEST(OpsServerTest, ReadyMayComeWithANote) {
  OpsServer::Options options = SimpleOptions();
  std::string note = "but slow";
  options.ready = [] { return absl::OkStatus(); };
  options.ready_note = [&note] { return note; };
  const auto server = StartServer(std::move(options));
  EXPECT_TRUE(Ask(server->port(), "GET /readyz HTTP/1.1").ends_with("\r\n\r\nok, but slow\n"));
  note = "";
  EXPECT_TRUE(Ask(server->port(), "GET /readyz HTTP/1.1").ends_with("\r\n\r\nok\n"));
}

TEST(OpsServerTest, RefusesTheRest) {
  const auto server = StartServer();
  const std::string long_field = "GET /healthz HTTP/1.1\r\nX: " + std::string(20'000, 'x');
  const std::pair<std::string, std::string_view> cases[] = {
      {"GET / HTTP/1.1", "HTTP/1.1 404 Not Found\r\n"},
      {"GET /metrics/ HTTP/1.1", "HTTP/1.1 404 Not Found\r\n"},
      {"GET /METRICS HTTP/1.1", "HTTP/1.1 404 Not Found\r\n"},
      {"POST /nowhere HTTP/1.1", "HTTP/1.1 404 Not Found\r\n"},
      {"GET http://x/metrics HTTP/1.1", "HTTP/1.1 404 Not Found\r\n"},
      {"DELETE /metrics HTTP/1.1", "HTTP/1.1 405 Method Not Allowed\r\n"},
      {"BREW /healthz HTTP/1.1", "HTTP/1.1 405 Method Not Allowed\r\n"},
      {"POST /healthz HTTP/1.1\r\nContent-Length: 5", "HTTP/1.1 400 Bad Request\r\n"},
      {"GET /healthz HTTP/1.1\r\nTransfer-Encoding: chunked", "HTTP/1.1 400 Bad Request\r\n"},
      {"GET /healthz HTTP/1.1\r\nTransfer-Encoding: gzip", "HTTP/1.1 400 Bad Request\r\n"},
      {"GET /healthz HTTP/9.9", "HTTP/1.1 400 Bad Request\r\n"},
      {"GET /healthz", "HTTP/1.1 400 Bad Request\r\n"},
      {"\x16\x03\x01\x02", "HTTP/1.1 400 Bad Request\r\n"},
      {std::string("\0\0\0\0", 4), "HTTP/1.1 400 Bad Request\r\n"},
      {long_field, "HTTP/1.1 431 Request Header Fields Too Large\r\n"},
  };
  for (const auto& [request, status] : cases) {
    const std::string answer = Ask(server->port(), request);
    EXPECT_EQ(answer.substr(0, answer.find('\n') + 1), status) << testing::PrintToString(request.substr(0, 60));
    EXPECT_NE(answer.find("\r\nConnection: close\r\n"), std::string::npos);
  }
  EXPECT_NE(Ask(server->port(), "PUT /readyz HTTP/1.1").find("\r\nAllow: GET, HEAD\r\n"), std::string::npos);
}

TEST(OpsServerTest, AConnectionServesManyRequests) {
  const auto server = StartServer();
  Client client(server->port());
  for (int i = 0; i < 3; ++i) {
    client.Send("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n");
    const std::string answer = client.ReadUntil("\r\n\r\nok\n");
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 OK\r\n"));
    EXPECT_NE(answer.find("\r\nConnection: keep-alive\r\n"), std::string::npos);
  }
  // Two at once are answered in order.
  client.Send("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\nGET /readyz HTTP/1.1\r\nHost: x\r\n\r\n");
  const std::string answers = client.ReadUntil("draining\n");
  EXPECT_LT(answers.find("m_total 1\n"), answers.find("HTTP/1.1 503"));
}

TEST(OpsServerTest, ASlowRequestIsCutOff) {
  OpsServer::Options options = SimpleOptions();
  options.timeout = 300ms;
  const auto server = StartServer(std::move(options));
  const auto start = steady_clock::now();
  Client silent(server->port());
  Client slow(server->port());
  // Single bytes now and then do not extend the deadline.
  std::thread trickle([&slow] {
    for (int i = 0; i < 400; ++i) {
      slow.Send("x");
      pollfd closed{.fd = slow.fd(), .events = POLLIN | POLLRDHUP, .revents = 0};
      if (poll(&closed, 1, 50) > 0) return;
    }
  });
  EXPECT_TRUE(silent.IsClosed());
  EXPECT_TRUE(slow.IsClosed());
  EXPECT_GE(steady_clock::now() - start, 300ms);
  trickle.join();
}

// Returns the number of this process's descriptors, which include the server's connections.
std::ptrdiff_t OpenFds() {
  return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), std::filesystem::directory_iterator());
}

TEST(OpsServerTest, AReaderThatDoesNotReadIsCutOffAndHoldsNobody) {
  constexpr std::size_t kPageBytes = 50'000'000;
  OpsServer::Options options = SimpleOptions();
  options.timeout = 3s;
  options.metrics = [] { return std::string(kPageBytes, 'x'); };
  const auto server = StartServer(std::move(options));
  Client lazy;
  const std::ptrdiff_t fds_before = OpenFds();
  lazy.Connect(server->port());
  lazy.Send("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
  // The answer has begun.
  pollfd readable{.fd = lazy.fd(), .events = POLLIN, .revents = 0};
  ASSERT_EQ(poll(&readable, 1, 10'000), 1);
  EXPECT_TRUE(Ask(server->port(), "GET /healthz HTTP/1.1").starts_with("HTTP/1.1 200 OK\r\n"));
  // The server closes its side; the client then finds less than the page.
  const auto deadline = steady_clock::now() + 20s;
  while (OpenFds() > fds_before && steady_clock::now() < deadline) std::this_thread::yield();
  EXPECT_LT(lazy.ReadUntil("\xff").size(), kPageBytes);
}

TEST(OpsServerTest, ManyConnectionsDoNotKeepOthersOut) {
  OpsServer::Options options = SimpleOptions();
  options.timeout = 1h;
  const auto server = StartServer(std::move(options));
  std::vector<Client> hoard;
  for (int i = 0; i < 200; ++i) hoard.emplace_back(server->port());
  EXPECT_TRUE(Ask(server->port(), "GET /healthz HTTP/1.1").starts_with("HTTP/1.1 200 OK\r\n"));
  EXPECT_TRUE(hoard[0].IsClosed());
  EXPECT_TRUE(hoard[100].IsClosed());
  // The youngest are still served.
  hoard[199].Send("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_TRUE(hoard[199].ReadUntil("\r\n\r\nok\n").starts_with("HTTP/1.1 200 OK\r\n"));
}

TEST(OpsServerTest, AClientThatAsksAndLeavesDoesNoHarm) {
  const auto server = StartServer();
  for (int i = 0; i < 50; ++i) Client(server->port()).Send("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_TRUE(Ask(server->port(), "GET /healthz HTTP/1.1").starts_with("HTTP/1.1 200 OK\r\n"));
}

TEST(OpsServerTest, WithoutDescriptorsItWaitsForThem) {
  const auto server = StartServer();
  Client client;
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  rlimit none = before;
  none.rlim_cur = 0;
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
  client.Connect(server->port());
  client.Send("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n");
  timespec cpu_before{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu_before);
  char byte;
  pollfd readable{.fd = client.fd(), .events = POLLIN, .revents = 0};
  const int readable_without = recv(client.fd(), &byte, 1, MSG_DONTWAIT) > 0 ? 1 : 0;
  std::this_thread::sleep_for(300ms);  // The time in which the server must neither answer nor spin.
  timespec cpu_after{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu_after);
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_EQ(readable_without, 0);
  const auto cpu = std::chrono::seconds(cpu_after.tv_sec - cpu_before.tv_sec) +
                   std::chrono::nanoseconds(cpu_after.tv_nsec - cpu_before.tv_nsec);
  EXPECT_LT(cpu, 150ms);
  EXPECT_EQ(poll(&readable, 1, 10'000), 1);
  EXPECT_TRUE(client.ReadUntil("\r\n\r\nok\n").starts_with("HTTP/1.1 200 OK\r\n"));
}

TEST(OpsServerTest, StoppingClosesConnections) {
  auto server = StartServer();
  Client idle(server->port());
  idle.Send("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_TRUE(idle.ReadUntil("\r\n\r\nok\n").starts_with("HTTP/1.1 200 OK\r\n"));
  const std::uint16_t port = server->port();
  server.reset();
  EXPECT_TRUE(idle.IsClosed());
  // The port is free again at once.
  OpsServer::Options options = SimpleOptions();
  options.address = "127.0.0.1:" + std::to_string(port);
  EXPECT_NE(StartServer(std::move(options)), nullptr);
}

TEST(OpsServerTest, ListensOnIpv6) {
  OpsServer::Options options = SimpleOptions();
  options.address = "[::1]:0";
  const auto server = OpsServer::Start(std::move(options));
  // Not every machine has IPv6; the address itself is fine on all.
  EXPECT_TRUE(server.ok() || server.status().code() == absl::StatusCode::kUnavailable) << server.status();
}

TEST(OpsServerTest, TellsWhyItCannotListen) {
  const auto first = StartServer();
  const std::string taken = "127.0.0.1:" + std::to_string(first->port());
  const std::string kForm = ": expected an address and a port, such as 127.0.0.1:9081 or [::1]:9081";
  const std::pair<std::string, std::string> cases[] = {
      {taken, taken + ": cannot listen: Address already in use"},
      {"192.0.2.1:9081", "192.0.2.1:9081: cannot listen: Cannot assign requested address"},
      {"127.0.0.1", "\"127.0.0.1\"" + kForm},
      {"127.0.0.1:", "\"127.0.0.1:\"" + kForm},
      {"127.0.0.1:65536", "\"127.0.0.1:65536\"" + kForm},
      {"127.0.0.1:+1", "\"127.0.0.1:+1\"" + kForm},
      {"127.0.0.1: 1", "\"127.0.0.1: 1\"" + kForm},
      {":9081", "\":9081\"" + kForm},
      {"localhost:9081", "\"localhost:9081\"" + kForm},
      {"::1:9081", "\"::1:9081\"" + kForm},
      {"[127.0.0.1]:9081", "\"[127.0.0.1]:9081\"" + kForm},
      {"", "\"\"" + kForm},
  };
  for (const auto& [address, error] : cases) {
    OpsServer::Options options = SimpleOptions();
    options.address = address;
    EXPECT_EQ(OpsServer::Start(std::move(options)).status().message(), error);
  }
}

}  // namespace
}  // namespace viaduct::ops
