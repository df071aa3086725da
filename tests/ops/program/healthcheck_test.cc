#include "ops/program/healthcheck.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "ops/program/ops_server.h"

namespace viaduct::ops {
namespace {

std::unique_ptr<OpsServer> Serve(const std::string& address) {
  OpsServer::Options options;
  options.address = address;
  options.metrics = [] { return std::string(); };
  options.healthy = [] { return absl::OkStatus(); };
  options.ready = [] { return absl::UnavailableError("draining"); };
  absl::StatusOr<std::unique_ptr<OpsServer>> server = OpsServer::Start(std::move(options));
  EXPECT_TRUE(server.ok()) << server.status();
  return *std::move(server);
}

struct Outcome {
  int exit_status = 0;
  std::string out;
  std::string err;
};

Outcome Check(const std::string& ops_listen, const ProgramOptions& options = {}) {
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  Outcome outcome;
  outcome.exit_status = Healthcheck("viaduct-x", ops_listen, options);
  outcome.out = testing::internal::GetCapturedStdout();
  outcome.err = testing::internal::GetCapturedStderr();
  return outcome;
}

TEST(HealthcheckTest, AHealthyProgramIs0AndOneLine) {
  const std::unique_ptr<OpsServer> server = Serve("127.0.0.1:0");
  const std::string address = "127.0.0.1:" + std::to_string(server->port());
  const Outcome outcome = Check(address);
  EXPECT_EQ(outcome.exit_status, 0);
  EXPECT_EQ(outcome.out, "viaduct-x: http://" + address + "/healthz: 200 ok\n");
  EXPECT_EQ(outcome.err, "");
}

TEST(HealthcheckTest, AnythingElseIs1AndSaysWhy) {
  std::unique_ptr<OpsServer> server = Serve("127.0.0.1:0");
  const std::string address = "127.0.0.1:" + std::to_string(server->port());
  ProgramOptions ready;
  ready.ready = true;
  Outcome outcome = Check(address, ready);
  EXPECT_EQ(outcome.exit_status, 1);
  EXPECT_EQ(outcome.out, "");
  EXPECT_EQ(outcome.err, "viaduct-x: http://" + address + "/readyz: 503 draining\n");
  server.reset();
  outcome = Check(address);
  EXPECT_EQ(outcome.exit_status, 1);
  EXPECT_EQ(outcome.err, "viaduct-x: http://" + address + "/healthz: Connection refused\n");
  outcome = Check("nowhere");
  EXPECT_EQ(outcome.exit_status, 1);
  EXPECT_EQ(outcome.err,
            "viaduct-x: http://nowhere/healthz: \"http://nowhere/healthz\": must be "
            "http://ADDRESS[:PORT]/PATH\n");
}

TEST(HealthcheckTest, AListenerOnEveryAddressIsAskedOnLoopback) {
  const std::unique_ptr<OpsServer> four = Serve("0.0.0.0:0");
  EXPECT_EQ(Check("0.0.0.0:" + std::to_string(four->port())).exit_status, 0);
  const Outcome six = Check("[::]:1");
  EXPECT_EQ(six.err.substr(0, 36), "viaduct-x: http://[::1]:1/healthz: C") << six.err;
}

}  // namespace
}  // namespace viaduct::ops
