#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace viaduct::ops {

// Serves a program's ops page over HTTP, for operators and their machines, on one thread of its own:
//   GET /metrics   the text of `metrics`
//   GET /healthz   200 "ok" if the process is alive and not stuck, otherwise 503 and the reason
//   GET /readyz    200 "ok", with a note if there is one, if traffic may be sent here, otherwise 503 and the reason
// HEAD is answered as GET without the body; other paths are 404, other methods 405. Requests with a body are refused.
//
// No client can block it: each request and each answer has a timeout, and when there are more than 64 connections the
// oldest is closed.
class OpsServer {
 public:
  struct Options {
    // "127.0.0.1:9081" or "[::1]:9081"; port 0 takes any free one. Names are not resolved.
    std::string address;
    // The server's thread calls these and waits for each. All except the note must be set. The status's message is
    // shown.
    std::function<std::string()> metrics;
    std::function<absl::Status()> healthy;
    std::function<absl::Status()> ready;
    // The text that /readyz adds after its "ok"; "" or unset for none.
    std::function<std::string()> ready_note = nullptr;
    // The time for a request to arrive, from the connection or the previous answer, and for the client to take an
    // answer.
    std::chrono::milliseconds timeout = std::chrono::seconds(10);
  };

  // Listens and begins to serve. An error names the address that cannot be listened on, and the reason.
  static absl::StatusOr<std::unique_ptr<OpsServer>> Start(Options options);

  // Closes all connections and waits for the thread.
  ~OpsServer();

  // Returns the port that it listens on.
  std::uint16_t port() const;

 private:
  class Core;

  explicit OpsServer(std::unique_ptr<Core> core);

  std::unique_ptr<Core> core_;
};

}  // namespace viaduct::ops
