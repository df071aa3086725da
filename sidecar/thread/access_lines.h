#pragma once

#include <string_view>

#include "net/event_loop.h"
#include "ops/log/json_line.h"
#include "ops/log/log_line.h"
#include "ops/log/log_sink.h"
#include "ops/log/recent_lines.h"
#include "sidecar/authorize/check_line.h"
#include "sidecar/request/access_log.h"
#include "sidecar/thread/metrics.h"
#include "text/text_buffer.h"

namespace viaduct::sidecar {

// Writes the access-log line of each request, tunnel and question of one thread, and counts the ends of the former. The
// lines of one turn of the loop reach the sink together, at the end of the turn.
//
// Belongs to the loop's thread.
class AccessLines {
 public:
  // All three must outlive it.
  AccessLines(net::EventLoop* loop, ops::LogSink* sink, SidecarMetrics* metrics)
      : loop_(loop), sink_(sink), metrics_(metrics), lines_(sink->lines()) {}
  // Writes the lines gathered in the current turn.
  ~AccessLines();
  AccessLines(const AccessLines&) = delete;
  AccessLines& operator=(const AccessLines&) = delete;

  void WriteRequest(const AccessRecord& record, const RequestFigures& figures);
  // `id` is the tunnel's.
  void WriteTunnel(std::string_view id, const AccessRecord& record, const TunnelFigures& figures);
  void WriteCheck(const AccessRecord& record, const CheckFigures& figures);

  // The latest lines of requests that failed or were refused, and of tunnels.
  const ops::RecentLines& recent_ends() const { return recent_ends_; }

 private:
  ops::JsonLine StartLine();

  net::EventLoop* loop_;
  ops::LogSink* sink_;
  SidecarMetrics* metrics_;
  ops::LogLines lines_;
  text::TextBuffer batch_;
  ops::RecentLines recent_ends_;
};

}  // namespace viaduct::sidecar
