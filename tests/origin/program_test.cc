// The chat as a program: command line, config, signals, exit codes.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "tests/origin/chat/running_chat.h"
#include "tests/support/raw_peer.h"
#include "tests/support/socket_path.h"

namespace viaduct::origin {
namespace {

// Makes a file in the test's own directory, new for each call.
std::string FileWith(const std::string& content) {
  static int count = 0;
  const std::string path = std::string(std::getenv("TEST_TMPDIR")) + "/file" + std::to_string(++count);
  std::ofstream(path) << content;
  return path;
}

std::string ContentOf(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream content;
  content << file.rdbuf();
  return content.str();
}

// A run of viaduct-chat; killed if it still runs at the end.
class Program {
 public:
  explicit Program(std::vector<std::string> args) : out_(FileWith("")), err_(FileWith("")) {
    const std::string path =
        std::string(std::getenv("TEST_SRCDIR")) + "/" + std::getenv("TEST_WORKSPACE") + "/origin/viaduct-chat";
    args.insert(args.begin(), path);
    std::vector<char*> argv;
    for (std::string& arg : args) argv.push_back(arg.data());
    argv.push_back(nullptr);
    pid_ = ::fork();
    if (pid_ == 0) {
      ::dup2(::open(out_.c_str(), O_WRONLY | O_APPEND), STDOUT_FILENO);
      ::dup2(::open(err_.c_str(), O_WRONLY | O_APPEND), STDERR_FILENO);
      ::execv(argv[0], argv.data());
      ::_exit(127);
    }
  }
  ~Program() {
    if (status_.has_value()) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }

  std::string Out() const { return ContentOf(out_); }
  std::string Err() const { return ContentOf(err_); }
  void Signal(int signal) { ::kill(pid_, signal); }

  // Returns the exit code, or minus the signal that ended it, or -1000 if it still runs at the deadline.
  int Wait() {
    int status = 0;
    const bool ended = Eventually([&] {
      if (!status_ && ::waitpid(pid_, &status, WNOHANG) == pid_) {
        status_ = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
      }
      return status_.has_value();
    });
    return ended ? *status_ : -1000;
  }

  // Returns the line with the address on which it listens; "" if it does not come.
  std::string Listening() {
    std::string line;
    Eventually([&] {
      std::istringstream lines(Out());
      while (std::getline(lines, line)) {
        if (JsonMember(line, "msg") == "listening") return true;
      }
      line.clear();
      return false;
    });
    return line;
  }

 private:
  std::string out_;
  std::string err_;
  pid_t pid_ = -1;
  std::optional<int> status_;
};

std::string Config(const std::string& more = "") {
  return "listen: 127.0.0.1:0\nops_listen: 127.0.0.1:0\nworkers: 2\n" + more;
}

std::string StatusOf(const std::string& address, const std::string& path) {
  RawPeer peer(address);
  peer.Send("GET " + path + " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  return peer.ReadToEnd().substr(9, 3);
}

TEST(ProgramTest, HelpAndVersionAreToldAtOnce) {
  Program help({"--help"});
  EXPECT_EQ(help.Wait(), 0);
  EXPECT_NE(help.Out().find("--config FILE"), std::string::npos);
  Program version({"--version"});
  EXPECT_EQ(version.Wait(), 0);
  EXPECT_EQ(version.Out(), "viaduct-chat 0.1.0\n");
}

struct Row {
  std::vector<std::string> args;
  std::string error;  // a part of what it says
};

TEST(ProgramTest, AWrongCommandLineOrConfigIs64AndSaysWhy) {
  const std::string unknown = FileWith(Config("colour: red\n"));
  const std::string low = FileWith(Config("limits:\n  max_outbound_bytes: 5\n"));
  const std::string not_yaml = FileWith("listen: [\n");
  for (const Row& row : std::vector<Row>{
           {{}, "--config FILE is required"},
           {{"--config"}, "--config needs a value"},
           {{"--verbose"}, "unknown argument \"--verbose\""},
           {{"--config", "/nowhere.yaml"}, "/nowhere.yaml"},
           {{"--config", unknown}, unknown + ":4:1: colour"},
           {{"--config", low, "--check"},
            low + ":5:23: limits.max_outbound_bytes: \"5\": must be at least 63488, twice max_message_bytes"},
           {{"--config=" + not_yaml}, not_yaml + ":"},
       }) {
    Program program(row.args);
    EXPECT_EQ(program.Wait(), 64) << row.error;
    EXPECT_NE(program.Err().find(row.error), std::string::npos) << program.Err();
    EXPECT_EQ(program.Out(), "");
  }
}

TEST(ProgramTest, HealthcheckAsksTheOpsPageOfTheConfigOrTheOneThatIsNamed) {
  Program program({"--config", FileWith(Config())});
  const std::string ops = JsonMember(program.Listening(), "opsAddress");
  const std::string config = FileWith("listen: 127.0.0.1:0\nops_listen: " + ops + "\n");
  Program by_config({"healthcheck", "--config", config, "--ready", "--timeout", "20s"});
  EXPECT_EQ(by_config.Wait(), 0);
  EXPECT_EQ(by_config.Out(), "viaduct-chat: http://" + ops + "/readyz: 200 ok\n");
  Program by_address({"healthcheck", "--ops=" + ops, "--timeout", "20s"});
  EXPECT_EQ(by_address.Wait(), 0);
  EXPECT_EQ(by_address.Out(), "viaduct-chat: http://" + ops + "/healthz: 200 ok\n");
  program.Signal(SIGTERM);
  EXPECT_EQ(program.Wait(), 0);
  Program after({"healthcheck", "--ops", ops});
  EXPECT_EQ(after.Wait(), 1);
  EXPECT_NE(after.Err().find("Connection refused"), std::string::npos) << after.Err();
  Program no_config({"healthcheck", "--config", "/nowhere.yaml"});
  EXPECT_EQ(no_config.Wait(), 64);
}

TEST(ProgramTest, CheckPrintsTheWholeConfigWhichReadsBackTheSame) {
  Program first({"--config", FileWith(Config("timeouts:\n  drain_timeout: 1m30s\n")), "--check"});
  EXPECT_EQ(first.Wait(), 0) << first.Err();
  EXPECT_NE(first.Out().find("drain_timeout: 1m30s"), std::string::npos) << first.Out();
  EXPECT_NE(first.Out().find("max_message_bytes: 31744"), std::string::npos) << first.Out();
  Program second({"--check", "--config", FileWith(first.Out())});
  EXPECT_EQ(second.Wait(), 0) << second.Err();
  EXPECT_EQ(second.Out(), first.Out());
}

TEST(ProgramTest, AnAddressThatIsTakenIs1) {
  Program first({"--config", FileWith(Config())});
  const std::string line = first.Listening();
  for (const std::string& taken : {"listen: " + JsonMember(line, "address") + "\nops_listen: 127.0.0.1:0\n",
                                   "listen: 127.0.0.1:0\nops_listen: " + JsonMember(line, "opsAddress") + "\n",
                                   Config("admin:\n  unix_socket: /nowhere/admin.sock\n")}) {
    Program second({"--config", FileWith(taken)});
    EXPECT_EQ(second.Wait(), 1) << taken;
    EXPECT_NE(second.Err().find("cannot listen"), std::string::npos) << second.Err();
  }
}

TEST(ProgramTest, ServesOnThePortsItTellsAndDrainsOnSigterm) {
  const SocketPath socket;
  const std::string token = FileWith("0123456789abcdef\n");
  Program program(
      {"--config", FileWith(Config("admin:\n  unix_socket: " + socket.path() +
                                   "\n  tcp:\n    listen: 127.0.0.1:0\n    bearer_token_file: " + token + "\n"))});
  const std::string line = program.Listening();
  ASSERT_NE(line, "") << program.Err();
  EXPECT_EQ(JsonMember(line, "level"), "info");
  EXPECT_EQ(JsonMember(line, "adminSocket"), "unix:" + socket.path());
  EXPECT_EQ(JsonMember(line, "adminAddress").substr(0, 10), "127.0.0.1:");
  const std::string address = JsonMember(line, "address");
  const std::string ops = JsonMember(line, "opsAddress");
  EXPECT_EQ(StatusOf(address, "/"), "200");
  EXPECT_EQ(StatusOf(ops, "/healthz"), "200");
  EXPECT_EQ(StatusOf(ops, "/readyz"), "200");

  RawPeer peer(address);
  OpenWebSocket(&peer);
  RawPeer metrics(ops);
  metrics.Send("GET /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  EXPECT_NE(metrics.ReadToEnd().find("\nviaduct_chat_connections_open 1\n"), std::string::npos);

  ASSERT_TRUE(peer.Send(Bytes({.payload = "last"})));
  EXPECT_EQ(JsonMember(ReadFrame(&peer)->payload, "message"), "last");
  program.Signal(SIGTERM);
  EXPECT_EQ(ReadFrame(&peer)->payload, "\x03\xe9server shutting down");
  EXPECT_EQ(StatusOf(ops, "/readyz"), "503");
  EXPECT_EQ(StatusOf(ops, "/healthz"), "200");
  ASSERT_TRUE(peer.Send(Bytes({.first_byte = 0x88, .payload = "\x03\xe9"})));
  EXPECT_EQ(peer.ReadToEnd(), "");
  peer.ShutdownWrite();
  EXPECT_EQ(program.Wait(), 0) << program.Err();
  EXPECT_NE(program.Out().find(R"("code":1001,"reason":"","clientCount":0,"end":)"), std::string::npos);
  EXPECT_EQ(program.Err(), "");
}

TEST(ProgramTest, AnIdleChatExitsAtOnce) {
  for (const int signal : {SIGTERM, SIGINT}) {
    Program program({"--config", FileWith(Config("timeouts:\n  drain_timeout: 1h\n"))});
    ASSERT_NE(program.Listening(), "");
    program.Signal(signal);
    EXPECT_EQ(program.Wait(), 0);
  }
}

TEST(ProgramTest, AStubbornClientIsCutWhenTheTimeIsOver) {
  Program program({"--config", FileWith(Config("timeouts:\n  drain_timeout: 300ms\n  close_timeout: 1h\n"))});
  RawPeer peer(JsonMember(program.Listening(), "address"));
  OpenWebSocket(&peer);
  const auto begin = std::chrono::steady_clock::now();
  program.Signal(SIGTERM);
  EXPECT_EQ(program.Wait(), 0);
  EXPECT_GE(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(300));
  EXPECT_EQ(ReadCloseCode(&peer), 1001);
  peer.ReadToEnd();
  EXPECT_TRUE(peer.ended());
}

TEST(ProgramTest, ASecondSignalEndsItAtOnce) {
  Program program({"--config", FileWith(Config("timeouts:\n  drain_timeout: 1h\n  close_timeout: 1h\n"))});
  RawPeer peer(JsonMember(program.Listening(), "address"));
  OpenWebSocket(&peer);
  program.Signal(SIGTERM);
  EXPECT_EQ(ReadCloseCode(&peer), 1001);
  program.Signal(SIGTERM);
  EXPECT_EQ(program.Wait(), 0);
  EXPECT_NE(program.Out().find("second signal"), std::string::npos);
}

TEST(ProgramTest, SighupIsNoReasonToStop) {
  Program program({"--config", FileWith(Config())});
  const std::string address = JsonMember(program.Listening(), "address");
  program.Signal(SIGHUP);
  EXPECT_EQ(StatusOf(address, "/healthz"), "200");
  program.Signal(SIGTERM);
  EXPECT_EQ(program.Wait(), 0);
}

}  // namespace
}  // namespace viaduct::origin
