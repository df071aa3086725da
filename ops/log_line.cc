#include "ops/log_line.h"

#include <unistd.h>

#include <array>

namespace viaduct {
namespace {

std::string Hostname() {
  std::array<char, 256> name{};
  // A name that does not fit is cut; the last byte stays 0.
  if (gethostname(name.data(), name.size() - 1) != 0) return "localhost";
  return name.data();
}

}  // namespace

std::string_view LogLevelName(LogLevel level) {
  switch (level) {
    case LogLevel::kInfo:
      return "info";
    case LogLevel::kWarn:
      return "warn";
    case LogLevel::kError:
      return "error";
  }
  return "error";
}

LogLines::LogLines() : LogLines(getpid(), Hostname()) {}

LogLines::LogLines(int pid, std::string_view hostname) {
  shared_members_ = "\"pid\":" + std::to_string(pid) + ",\"hostname\":";
  AppendJsonString(&shared_members_, hostname);
}

void LogLines::AddMember(std::string_view key, std::string_view value) {
  shared_members_ += ',';
  AppendJsonString(&shared_members_, key);
  shared_members_ += ':';
  AppendJsonString(&shared_members_, value);
}

JsonLine LogLines::Start(std::string* out, LogLevel level, std::chrono::system_clock::time_point now) {
  JsonLine line(out);
  line.String("level", LogLevelName(level)).String("time", time_.Text(now)).Rendered(shared_members_);
  return line;
}

}  // namespace viaduct
