#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "net/address.h"
#include "ops/log/log_sink.h"
#include "sidecar/request/request_end.h"
#include "sidecar/request/tunnel_end.h"
#include "sidecar/worker/server.h"
#include "tests/support/log_lines.h"
#include "tests/support/scripted_peer.h"

namespace viaduct {

// A real sidecar in this process, with ports and log of its own.
class RunningSidecar {
 public:
  struct Settings {
    std::string upstream = "";              // further members of the config's "upstream": "connect_timeout: 100ms"
    std::string health = "{interval: 0s}";  // of the upstream; by default no probes, since a probe is a connection
    std::string yaml = "";                  // further members of the config: "timeouts: {idle_timeout: 100ms}\n"
    std::string mode = "ALB";               // of "vpc_origin"
    std::string filter = "";                // further members of "vpc_origin"
    std::string trusted_peers = "127.0.0.0/8";
    int workers = 1;
    bool with_upstream = true;  // else only what "routes" of `yaml` names
  };

  // Throws what is wrong with the settings, which fails the test.
  RunningSidecar(const net::SocketAddress& upstream, const Settings& settings);

  sidecar::Server& server() { return *server_; }
  // Puts other settings in force. Throws as the constructor does.
  absl::Status Apply(const net::SocketAddress& upstream, const Settings& settings);
  LogCatcher& log() { return log_; }
  // Returns the value of one line of /metrics, by its name with labels; -1 if there is no such line.
  double Metric(std::string_view series) const;
  // Returns true if the metric gets `value` in time.
  bool WaitForMetric(std::string_view series, double value) const;
  bool WaitForAtLeast(std::string_view series, double value) const;
  // Returns the answer of the ops port.
  std::string AskOps(std::string_view path) const;
  // Returns true if a drain is over in time.
  bool WaitUntilDrained(std::chrono::milliseconds time = kPatience);

 private:
  LogCatcher log_;
  ops::LogSink sink_;
  std::unique_ptr<sidecar::Server> server_;
};

// Returns the number of open descriptors of this process.
int OpenDescriptors();

// A test with one sidecar in front of one scripted upstream. The viewer and the upstream are played by the test, step
// by step. When it is over, its peers gone, nothing may be left open in the sidecar.
class SidecarTest : public testing::Test {
 protected:
  void Start(const RunningSidecar::Settings& settings = {}) { StartBefore(upstream_.address(), settings); }
  // Starts in front of another upstream.
  void StartBefore(const net::SocketAddress& upstream, const RunningSidecar::Settings& settings = {});
  void TearDown() override;

  RunningSidecar& sidecar() { return *sidecar_; }
  // Makes a new connection to the sidecar.
  ScriptedPeer Viewer(int receive_buffer_bytes = 0);
  // Expects `end` in the log line and in the metric of a request or a tunnel; `count` is the metric's value then.
  LogRecord ExpectRequestEnd(sidecar::RequestEnd end, int count = 1);
  LogRecord ExpectTunnelEnd(sidecar::TunnelEnd end, int count = 1);

  ScriptedUpstream upstream_;

 private:
  LogRecord ExpectEnd(std::string_view msg, std::string_view family, std::string_view end, int count);

  std::unique_ptr<RunningSidecar> sidecar_;
  int descriptors_ = 0;  // with an idle sidecar
};

// The fields of every request that came by the VPC origin: Host, X-Forwarded-For, Via and X-Amz-Cf-Id, a line each.
std::string EdgeFields();
// Returns a request with these and `fields` ("Name: value\r\n…").
std::string Request(std::string_view request_line, std::string_view fields = "", std::string_view body = "");
inline std::string Get(std::string_view target, std::string_view fields = "") {
  return Request("GET " + std::string(target) + " HTTP/1.1", fields);
}
// Returns a response with a Content-Length.
std::string Response(std::string_view status_line, std::string_view body, std::string_view fields = "");
inline std::string Ok(std::string_view body) { return Response("HTTP/1.1 200 OK", body); }

}  // namespace viaduct
