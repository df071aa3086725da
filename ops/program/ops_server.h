#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace viaduct::ops {

// Serves what operators and their machines ask a program over HTTP, on one thread of its own:
//   GET /metrics   the text of `metrics`
//   GET /healthz   200 "ok", or 503 and why: is the process alive and not wedged
//   GET /readyz    200 "ok", with a note if there is one, or 503 and why: may traffic be sent here
// HEAD is answered as GET without the body; other paths are 404, other methods 405. Requests with a body are refused.
//
// No client can hold it: each request and each answer has a timeout, and of more than 64 connections the oldest is
// closed.
class OpsServer {
 public:
  struct Options {
    // "127.0.0.1:9081" or "[::1]:9081"; port 0 takes any free one. Names are not resolved.
    std::string address;
    // Called on the server's thread, which waits for each; all but the note must be set. The status's message is shown.
    std::function<std::string()> metrics;
    std::function<absl::Status()> healthy;
    std::function<absl::Status()> ready;
    // What /readyz says behind its "ok"; "" or unset: nothing.
    std::function<std::string()> ready_note = nullptr;
    // For a request to be here, from the connection or the answer before it, and for an answer to be taken.
    std::chrono::milliseconds timeout = std::chrono::seconds(10);
  };

  // Listens and begins to serve. An error says which address cannot be listened on and why.
  static absl::StatusOr<std::unique_ptr<OpsServer>> Start(Options options);

  // Closes all connections and waits for the thread.
  ~OpsServer();

  // The port that it listens on.
  std::uint16_t port() const;

 private:
  class Core;

  explicit OpsServer(std::unique_ptr<Core> core);

  std::unique_ptr<Core> core_;
};

}  // namespace viaduct::ops
