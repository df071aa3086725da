#include "tests/support/log_lines.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

namespace viaduct {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

bool HasAll(const LogRecord& line, std::initializer_list<std::pair<std::string_view, std::string_view>> members) {
  return std::all_of(members.begin(), members.end(), [&line](const auto& member) {
    const auto found = line.find(std::string(member.first));
    return found != line.end() && found->second == member.second;
  });
}

void Flatten(const std::string& prefix, const json& object, LogRecord* out) {
  for (const auto& [key, value] : object.items()) {
    if (value.is_object()) {
      Flatten(prefix + key + ".", value, out);
    } else {
      (*out)[prefix + key] = value.is_string() ? value.get<std::string>() : value.dump();
    }
  }
}

}  // namespace

LogRecord ParseLogLine(std::string_view line) {
  std::vector<std::set<std::string>> open;  // the names seen in each object around
  bool repeated = false;
  const auto watch = [&](int, json::parse_event_t event, json& parsed) {
    if (event == json::parse_event_t::object_start) open.emplace_back();
    if (event == json::parse_event_t::object_end) open.pop_back();
    if (event == json::parse_event_t::key) repeated |= !open.back().insert(parsed.get<std::string>()).second;
    return true;
  };
  const json parsed = json::parse(line, watch, false);
  if (!parsed.is_object() || repeated) return {{"broken", std::string(line)}};
  LogRecord record;
  Flatten("", parsed, &record);
  return record;
}

LogCatcher::LogCatcher() {
  std::array<int, 2> ends{-1, -1};
  [[maybe_unused]] const int made = ::pipe2(ends.data(), O_CLOEXEC);
  read_end_ = net::UniqueFd(ends[0]);
  write_end_ = net::UniqueFd(ends[1]);
  ::fcntl(write_end_.get(), F_SETPIPE_SZ, 1 << 20);  // nobody reads until a line is waited for
}

bool LogCatcher::ReadMore(steady_clock::time_point deadline) {
  const auto left = std::chrono::ceil<milliseconds>(deadline - steady_clock::now());
  pollfd ready{.fd = read_end_.get(), .events = POLLIN, .revents = 0};
  if (::poll(&ready, 1, static_cast<int>(std::max<std::int64_t>(left.count(), 0))) <= 0) return false;
  std::array<char, 16 * 1024> buffer;
  const ssize_t got = ::read(read_end_.get(), buffer.data(), buffer.size());
  if (got <= 0) return false;
  partial_.append(buffer.data(), static_cast<std::size_t>(got));
  std::size_t begin = 0;
  for (std::size_t end = partial_.find('\n'); end != std::string::npos; end = partial_.find('\n', begin)) {
    lines_.push_back(ParseLogLine(std::string_view(partial_).substr(begin, end - begin)));
    begin = end + 1;
  }
  partial_.erase(0, begin);
  return true;
}

LogRecord LogCatcher::Wait(std::initializer_list<std::pair<std::string_view, std::string_view>> members,
                           milliseconds time) {
  const auto deadline = steady_clock::now() + time;
  do {
    const auto found =
        std::find_if(lines_.begin(), lines_.end(), [&](const LogRecord& line) { return HasAll(line, members); });
    if (found == lines_.end()) continue;
    LogRecord line = std::move(*found);
    lines_.erase(found);
    return line;
  } while (ReadMore(deadline));
  return {};
}

const std::vector<LogRecord>& LogCatcher::rest() {
  while (ReadMore(steady_clock::now())) {
  }
  return lines_;
}

}  // namespace viaduct
