#include "sidecar/ecs/task_protector.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>

#include "ops/log/log_sink.h"
#include "tests/support/log_lines.h"
#include "tests/support/scripted_peer.h"

namespace viaduct::sidecar {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr char kOn[] = R"({"protection":{"ProtectionEnabled":true}})";
constexpr char kOff[] = R"({"protection":{"ProtectionEnabled":false}})";

class TaskProtectorTest : public testing::Test {
 protected:
  void Start() {
    EcsConfig config;
    config.agent_uri = "http://" + agent_.address().ToString() + "/api/x";
    config.protection = {.expires_after = minutes(1), .renew_interval = seconds(30), .idle_hold = milliseconds(0)};
    protector_ = std::make_unique<TaskProtector>(
        config, [this] { return TaskProtection::Facts{.busy = busy_, .drained = drained_}; }, ops::Logger(&sink_));
    protector_->AddMetrics(&page_);
  }

  // Takes one call, answers it and returns its body; "" if none comes.
  std::string Answer(const std::string& body, int status = 200) {
    ScriptedPeer peer = agent_.Accept();
    const std::string head = peer.ReadThrough("\r\n\r\n");
    EXPECT_EQ(head.substr(0, head.find("\r\n")), "PUT /api/x/task-protection/v1/state HTTP/1.1");
    const std::string length = head.substr(head.find("Content-Length: ") + 16);
    const std::string request = peer.Read(std::stoul(length));
    peer.Send("HTTP/1.1 " + std::to_string(status) + " X\r\nContent-Length: " + std::to_string(body.size()) +
              "\r\n\r\n" + body);
    peer.WaitForEnd();
    return request;
  }

  bool Shows(const std::string& line) {
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    while (std::chrono::steady_clock::now() < deadline) {
      if (page_.Render().find(line + "\n") != std::string::npos) return true;
      std::this_thread::sleep_for(milliseconds(10));
    }
    ADD_FAILURE() << line << " is not in\n" << page_.Render();
    return false;
  }

  LogCatcher log_;
  ops::LogSink sink_{log_.write_fd()};
  ScriptedUpstream agent_;
  std::atomic<bool> busy_{false};
  std::atomic<bool> drained_{false};
  ops::MetricsPage page_;
  std::unique_ptr<TaskProtector> protector_;
};

TEST_F(TaskProtectorTest, ProtectsWithTheFirstTunnelAndReleasesAfterTheLast) {
  Start();
  EXPECT_TRUE(agent_.NobodyCame(milliseconds(300)));
  busy_ = true;
  EXPECT_EQ(Answer(kOn), R"({"ProtectionEnabled":true,"ExpiresInMinutes":1})");
  EXPECT_TRUE(Shows("viaduct_task_protected 1"));
  EXPECT_TRUE(Shows("viaduct_task_protection_calls_total{result=\"done\"} 1"));
  EXPECT_TRUE(agent_.NobodyCame(milliseconds(300)));
  busy_ = false;
  EXPECT_EQ(Answer(kOff), R"({"ProtectionEnabled":false})");
  EXPECT_TRUE(Shows("viaduct_task_protected 0"));
}

TEST_F(TaskProtectorTest, TheDestructorReleases) {
  Start();
  busy_ = true;
  Answer(kOn);
  EXPECT_TRUE(Shows("viaduct_task_protected 1"));
  std::thread end([this] { protector_.reset(); });
  EXPECT_EQ(Answer(kOff), R"({"ProtectionEnabled":false})");
  end.join();
}

TEST_F(TaskProtectorTest, TheDestructorOfWhatWasNeverProtectedCallsNobody) {
  Start();
  protector_.reset();
  EXPECT_TRUE(agent_.NobodyCame());
}

TEST_F(TaskProtectorTest, AFailureIsToldOnceAndSoIsItsEnd) {
  Start();
  busy_ = true;
  const std::string blocked = R"({"failure":{"Reason":"DEPLOYMENT_BLOCKED"}})";
  Answer(blocked);
  Answer(blocked);
  Answer(kOn);
  EXPECT_TRUE(Shows("viaduct_task_protection_calls_total{result=\"deployment_blocked\"} 2"));
  const LogRecord failed = log_.Wait({{"msg", "task protection failed"}});
  EXPECT_EQ(failed.at("level"), "warn");
  EXPECT_EQ(failed.at("call"), "protect");
  EXPECT_EQ(failed.at("result"), "deployment_blocked");
  EXPECT_EQ(failed.at("detail"), "DEPLOYMENT_BLOCKED");
  EXPECT_EQ(log_.Wait({{"msg", "task protection works again"}}).at("level"), "info");
  EXPECT_EQ(log_.Wait({{"msg", "task protected"}}).at("level"), "info");
  EXPECT_TRUE(log_.rest().empty());
  busy_ = false;
  Answer(kOff);
  EXPECT_EQ(log_.Wait({{"msg", "task no longer protected"}}).at("level"), "info");
}

TEST_F(TaskProtectorTest, AnAgentThatHangsHoldsTheDestructorForTwoCallsOnly) {
  Start();
  busy_ = true;
  ScriptedPeer hangs = agent_.Accept();
  protector_.reset();
  EXPECT_TRUE(agent_.Accept(milliseconds(0)).connected()) << "the call that releases";
  EXPECT_TRUE(agent_.NobodyCame(milliseconds(0)));
}

}  // namespace
}  // namespace viaduct::sidecar
