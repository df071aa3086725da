#include "sidecar/config/config_watch.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "net/event_loop.h"
#include "ops/log/log_sink.h"
#include "ops/log/logger.h"
#include "ops/metrics/reload_counts.h"
#include "sidecar/config/config.h"
#include "sidecar/config/config_sources.h"
#include "sidecar/config/reload_record.h"
#include "tests/support/log_lines.h"

namespace viaduct::sidecar {
namespace {

// A watch of a config file of its own. What it applies is counted.
class ConfigWatchTest : public testing::Test {
 protected:
  ConfigWatchTest() {
    std::filesystem::create_directory(folder_);
    Write("");
  }
  ~ConfigWatchTest() override { std::filesystem::remove_all(folder_); }

  void Write(std::string_view more) const {
    std::ofstream(path_) << "listen: 127.0.0.1:0\nupstream: {address: 127.0.0.1:1}\n"
                         << "vpc_origin: {mode: ALB, trusted_peers: [127.0.0.0/8], edge_ranges: {max_age: 8760h}}\n"
                         << more;
  }
  void Start() {
    ConfigSources sources = ConfigSources::Load(path_, net::Clock::now()).value();
    record_ = std::make_unique<ReloadRecord>(&counts_, sources, std::chrono::system_clock::now());
    watch_ = std::make_unique<ConfigWatch>(
        std::move(sources),
        [this](std::shared_ptr<const SidecarConfig> config) {
          keep_alive_ = config->keep_alive_timeout.count();
          ++applied_;
          return absl::OkStatus();
        },
        record_.get(), &logger_);
  }

  const std::string folder_ = testing::TempDir() + "watch";
  const std::string path_ = folder_ + "/config.yaml";
  LogCatcher log_;
  ops::LogSink sink_{log_.write_fd()};
  const ops::Logger logger_{&sink_};
  std::atomic<int> applied_{0};
  std::atomic<std::int64_t> keep_alive_{0};
  ops::ReloadCounts counts_;
  std::unique_ptr<ReloadRecord> record_;
  std::unique_ptr<ConfigWatch> watch_;
};

TEST_F(ConfigWatchTest, WhatReloadAnswersIsInForce) {
  Start();
  Write("timeouts: {keep_alive_timeout: 70s}\n");
  EXPECT_TRUE(watch_->Reload().ok());
  EXPECT_EQ(applied_, 1);
  EXPECT_EQ(keep_alive_, 70'000);
  EXPECT_FALSE(log_.Wait({{"msg", "reloaded"}, {"source", "config"}}).empty());
}

TEST_F(ConfigWatchTest, ReloadSaysWhatIsWrongAndNothingIsApplied) {
  Start();
  Write("timeouts: {keep_alive_timeout: 70}\n");
  const absl::Status status = watch_->Reload();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(std::string(status.message()).find("config: " + path_ + ":4:"), 0u) << status;
  EXPECT_EQ(applied_, 0);
  EXPECT_FALSE(log_.Wait({{"msg", "reload failed"}, {"source", "config"}, {"level", "warn"}}).empty());
}

TEST_F(ConfigWatchTest, AChangeIsTakenWithoutBeingAsked) {
  Start();
  Write("timeouts: {keep_alive_timeout: 71s}\n");
  EXPECT_FALSE(log_.Wait({{"msg", "reloaded"}, {"source", "config"}}).empty());
  EXPECT_EQ(keep_alive_, 71'000);
}

TEST_F(ConfigWatchTest, ManyMayAskAtOnce) {
  Start();
  std::vector<std::thread> callers;
  std::atomic<int> good{0};
  for (int i = 0; i < 4; ++i) {
    callers.emplace_back([this, &good] {
      for (int j = 0; j < 5; ++j) good += watch_->Reload().ok() ? 1 : 0;
    });
  }
  for (int i = 0; i < 5; ++i) watch_->RequestReload();
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(good, 20);
  EXPECT_EQ(applied_, 0) << "nothing changed";
}

TEST_F(ConfigWatchTest, AnOldListIsWarnedOf) {
  std::ofstream(path_) << "listen: 127.0.0.1:0\nupstream: {address: 127.0.0.1:1}\n"
                       << "vpc_origin: {mode: ALB, trusted_peers: [127.0.0.0/8], edge_ranges: {max_age: 1ms}}\n";
  Start();
  const LogRecord line = log_.Wait({{"msg", "the list of CloudFront's ranges is old"}, {"level", "warn"}});
  ASSERT_FALSE(line.empty());
  EXPECT_EQ(line.at("source"), "builtin");
}

}  // namespace
}  // namespace viaduct::sidecar
