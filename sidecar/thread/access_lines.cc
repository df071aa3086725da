#include "sidecar/thread/access_lines.h"

#include <chrono>
#include <cstddef>

namespace viaduct::sidecar {
namespace {

// Returns false for what raises no questions: a health check, and a response that tells of no error.
bool RaisesQuestions(const RequestFigures& figures) {
  return figures.end != RequestEnd::kHealthCheck && (figures.end != RequestEnd::kCompleted || figures.status >= 400);
}

}  // namespace

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
  const std::size_t begin = batch_.view().size();
  ops::JsonLine line = StartLine();
  record.AddTo(&line);
  AddRequestFigures(figures, net::Clock::now() - record.begin(), &line);
  line.End("request");
  if (RaisesQuestions(figures)) recent_ends_.Keep(ops::RecentLines::Kind::kRequest, batch_.view().substr(begin));
}

void AccessLines::WriteTunnel(std::string_view id, const AccessRecord& record, const TunnelFigures& figures) {
  metrics_->tunnels_ended[static_cast<std::size_t>(figures.end)].Add();
  const std::size_t begin = batch_.view().size();
  ops::JsonLine line = StartLine();
  line.String("tunnel", id);
  record.AddTo(&line);
  AddTunnelFigures(figures, net::Clock::now() - record.begin(), &line);
  line.End("tunnel");
  recent_ends_.Keep(ops::RecentLines::Kind::kConnection, batch_.view().substr(begin));
}

void AccessLines::WriteCheck(const AccessRecord& record, const CheckFigures& figures) {
  const std::size_t begin = batch_.view().size();
  ops::JsonLine line = StartLine();
  record.AddTo(&line);
  EndCheckLine(figures, net::Clock::now() - record.begin(), &line);
  if (figures.status >= 400) recent_ends_.Keep(ops::RecentLines::Kind::kRequest, batch_.view().substr(begin));
}

}  // namespace viaduct::sidecar
