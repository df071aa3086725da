#include "sidecar/thread/access_lines.h"

#include <chrono>
#include <cstddef>

namespace viaduct::sidecar {

AccessLines::~AccessLines() {
  if (!batch_.empty()) sink_->Write(batch_.view());
}

ops::JsonLine AccessLines::StartLine() {
  if (batch_.empty()) {
    loop_->AtTurnEnd([this] {
      sink_->Write(batch_.view());
      batch_.Clear();
    });
  }
  return lines_.Start(&batch_, ops::LogLevel::kInfo, std::chrono::system_clock::now());
}

void AccessLines::WriteRequest(const AccessRecord& record, const RequestFigures& figures) {
  metrics_->requests_ended[static_cast<std::size_t>(figures.end)].Add();
  metrics_->responses[static_cast<std::size_t>(figures.status / 100)].Add();
  ops::JsonLine line = StartLine();
  record.AddTo(&line);
  AddRequestFigures(figures, net::Clock::now() - record.begin(), &line);
  line.End("request");
}

void AccessLines::WriteTunnel(const AccessRecord& record, const TunnelFigures& figures) {
  metrics_->tunnels_ended[static_cast<std::size_t>(figures.end)].Add();
  ops::JsonLine line = StartLine();
  record.AddTo(&line);
  AddTunnelFigures(figures, net::Clock::now() - record.begin(), &line);
  line.End("tunnel");
}

}  // namespace viaduct::sidecar
