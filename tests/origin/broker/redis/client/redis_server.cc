#include "tests/origin/broker/redis/client/redis_server.h"

#include <fcntl.h>
#include <hiredis/hiredis.h>
#include <netinet/in.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <thread>
#include <utility>

#include "net/address.h"
#include "net/unique_fd.h"

extern char** environ;

namespace viaduct::origin {
namespace {

[[noreturn]] void GiveUp(const std::string& what) {
  std::fprintf(stderr, "redis-server: %s\n", what.c_str());
  std::abort();
}

// Makes a socket that keeps a free port from all but those who ask for it by number.
net::UniqueFd HoldPort() {
  net::UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int on = 1;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  const net::SocketAddress any = net::SocketAddress::Parse("127.0.0.1:0").value();
  if (::bind(fd.get(), any.data(), any.size()) != 0) GiveUp("no free port");
  return fd;
}

struct FreeContext {
  void operator()(redisContext* context) const { redisFree(context); }
};
using Context = std::unique_ptr<redisContext, FreeContext>;

RedisReply FromHiredis(const redisReply& from) {
  RedisReply reply;
  switch (from.type) {
    case REDIS_REPLY_INTEGER:
      reply.kind = RedisReply::Kind::kInteger;
      reply.integer = from.integer;
      break;
    case REDIS_REPLY_ARRAY:
      reply.kind = RedisReply::Kind::kArray;
      for (std::size_t i = 0; i < from.elements; ++i) reply.elements.push_back(FromHiredis(*from.element[i]));
      break;
    case REDIS_REPLY_NIL:
      break;
    default:
      reply.kind = from.type == REDIS_REPLY_ERROR    ? RedisReply::Kind::kError
                   : from.type == REDIS_REPLY_STATUS ? RedisReply::Kind::kStatus
                                                     : RedisReply::Kind::kText;
      reply.text.assign(from.str, from.len);
  }
  return reply;
}

RedisReply Call(redisContext* context, const std::vector<std::string>& command) {
  std::vector<const char*> parts;
  std::vector<std::size_t> sizes;
  for (const std::string& part : command) {
    parts.push_back(part.data());
    sizes.push_back(part.size());
  }
  auto* reply =
      static_cast<redisReply*>(redisCommandArgv(context, static_cast<int>(parts.size()), parts.data(), sizes.data()));
  if (reply == nullptr) return {.kind = RedisReply::Kind::kError, .text = context->errstr};
  RedisReply result = FromHiredis(*reply);
  freeReplyObject(reply);
  return result;
}

void WriteFile(const std::string& path, const std::string& text) { std::ofstream(path) << text; }

}  // namespace

RedisServer::RedisServer(Options options) : options_(std::move(options)) {
  char path[] = "/tmp/redisXXXXXX";
  if (::mkdtemp(path) == nullptr) GiveUp("no directory");
  directory_ = path;
  socket_ = directory_ + "/redis.sock";
  std::ofstream config(directory_ + "/redis.conf");
  config << "port 0\nunixsocket " << socket_ << "\ndir " << directory_ << "\nsave \"\"\nappendonly yes\n"
         << "appendfsync always\ndaemonize no\nloglevel warning\nlogfile " << directory_ << "/log\n";
  if (!options_.password.empty()) config << "requirepass " << options_.password << "\n";
  if (!options_.certificate.empty()) {
    held_port_ = HoldPort();
    tls_port_ = net::SocketAddress::OfSocket(held_port_.get()).port();
    WriteFile(directory_ + "/cert.pem", options_.certificate);
    WriteFile(directory_ + "/key.pem", options_.private_key);
    config << "bind 127.0.0.1\ntls-port " << tls_port_ << "\ntls-cert-file " << directory_ << "/cert.pem\ntls-key-file "
           << directory_ << "/key.pem\ntls-auth-clients no\n";
  }
  for (const std::string& line : options_.config) config << line << "\n";
  config.close();
  StartShell();
  Start();
}

RedisServer::~RedisServer() {
  if (pid_ > 0) Kill();
  to_shell_.Reset();
  ::waitpid(shell_, nullptr, 0);
  std::filesystem::remove_all(directory_);
}

RedisEndpoint RedisServer::Endpoint() const {
  RedisEndpoint endpoint;
  endpoint.host = socket_;
  endpoint.is_unix = true;
  endpoint.password = options_.password;
  return endpoint;
}

RedisEndpoint RedisServer::TlsEndpoint() const {
  RedisEndpoint endpoint;
  endpoint.host = "127.0.0.1";
  endpoint.port = static_cast<std::uint16_t>(tls_port_);
  endpoint.password = options_.password;
  return endpoint;
}

void RedisServer::StartShell() {
  int in[2];
  int out[2];
  if (::pipe2(in, O_CLOEXEC) != 0 || ::pipe2(out, O_CLOEXEC) != 0) GiveUp("no pipe");
  const net::UniqueFd shell_in(in[0]);
  const net::UniqueFd shell_out(out[1]);
  to_shell_ = net::UniqueFd(in[1]);
  from_shell_ = net::UniqueFd(out[0]);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, shell_in.get(), STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, shell_out.get(), STDOUT_FILENO);
  std::string program = "sh";
  std::string option = "-c";
  std::string script = "while read -r file; do redis-server \"$file\" >/dev/null </dev/null & echo $!; done";
  char* argv[] = {program.data(), option.data(), script.data(), nullptr};
  if (posix_spawnp(&shell_, "sh", &actions, nullptr, argv, environ) != 0) GiveUp("no shell");
  posix_spawn_file_actions_destroy(&actions);
}

void RedisServer::Start() {
  const std::string config = directory_ + "/redis.conf\n";
  if (::write(to_shell_.get(), config.data(), config.size()) < 0) GiveUp("cannot be started");
  char pid[32] = "";
  if (::read(from_shell_.get(), pid, sizeof pid - 1) <= 0) GiveUp("cannot be started");
  pid_ = std::atoi(pid);
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (Ask({"PING"}).text != "PONG") {
    if (std::chrono::steady_clock::now() > deadline) GiveUp("does not answer within 20 s");
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

void RedisServer::Kill() {
  ::kill(pid_, SIGKILL);
  while (Listens()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  pid_ = -1;
}

bool RedisServer::Listens() const {
  const net::UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const net::SocketAddress address = net::SocketAddress::Parse("unix:" + socket_).value();
  return ::connect(fd.get(), address.data(), address.size()) == 0;
}

void RedisServer::Pause() {
  ::kill(pid_, SIGSTOP);
  while (!Stands()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

bool RedisServer::Stands() const {
  std::ifstream stat("/proc/" + std::to_string(pid_) + "/stat");
  std::string id;
  std::string name;
  std::string state;
  stat >> id >> name >> state;
  return state == "T";
}

void RedisServer::Resume() { ::kill(pid_, SIGCONT); }

RedisReply RedisServer::Ask(const std::vector<std::string>& command) const {
  const timeval patience{.tv_sec = 20, .tv_usec = 0};
  const Context context(redisConnectUnixWithTimeout(socket_.c_str(), patience));
  if (context == nullptr || context->err != 0) return {.kind = RedisReply::Kind::kError, .text = "no connection"};
  redisSetTimeout(context.get(), patience);
  if (!options_.password.empty()) Call(context.get(), {"AUTH", options_.password});
  return Call(context.get(), command);
}

}  // namespace viaduct::origin
