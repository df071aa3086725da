#include "ops/log/log_line.h"

#include <unistd.h>

#include <array>

namespace viaduct::ops {
namespace {

std::string Hostname() {
  std::array<char, 256> name{};
  // A name that does not fit is truncated; the last byte stays 0.
  if (gethostname(name.data(), name.size() - 1) != 0) return "localhost";
  return name.data();
}

// The text before the time. Every line has it, so it is prepared once.
std::string_view Opening(LogLevel level) {
  switch (level) {
    case LogLevel::kInfo:
      return R"({"level":"info","time":")";
    case LogLevel::kWarn:
      return R"({"level":"warn","time":")";
    case LogLevel::kError:
      return R"({"level":"error","time":")";
  }
  return R"({"level":"error","time":")";
}

}  // namespace

LogLines::LogLines() : LogLines(getpid(), Hostname()) {}

LogLines::LogLines(int pid, std::string_view hostname) {
  shared_members_ = "\",\"pid\":" + std::to_string(pid) + ",\"hostname\":";
  AppendLogString(&shared_members_, hostname);
}

void LogLines::AddMember(std::string_view key, std::string_view value) {
  shared_members_ += ',';
  AppendLogString(&shared_members_, key);
  shared_members_ += ':';
  AppendLogString(&shared_members_, value);
}

JsonLine LogLines::Start(text::TextBuffer* out, LogLevel level, std::chrono::system_clock::time_point now) {
  out->Append(Opening(level));
  out->Append(time_.Text(now));
  out->Append(shared_members_);
  return JsonLine::Resume(out);
}

}  // namespace viaduct::ops
