#include "sidecar/upstream/upstream_health.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace viaduct::sidecar {

std::string ConnectProblem(int error) {
  switch (error) {
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM:
    case EADDRNOTAVAIL:  // all local ports are taken
    case EAGAIN:         // a Unix socket with a full queue: busy, but there
      return "";
    default:
      break;
  }
  std::string text = strerror(error);
  if (!text.empty() && text.front() >= 'A' && text.front() <= 'Z') text.front() = static_cast<char>(text.front() + 32);
  return text;
}

void UpstreamHealth::SetUpstreams(const std::vector<Upstream>& upstreams) {
  const net::MutexLock lock(&mutex_);
  std::vector<Entry> entries;
  for (const Upstream& upstream : upstreams) {
    Entry* known = Find(upstream.name);
    const bool stays = known != nullptr && known->upstream.check == upstream.check;
    entries.push_back(stays ? std::move(*known) : Entry{.upstream = upstream, .state = State::kUnknown, .problem = ""});
    if (!upstream.check.interval.has_value()) entries.back().state = State::kUp;
  }
  entries_ = std::move(entries);
  Count();
}

UpstreamHealth::Entry* UpstreamHealth::Find(std::string_view upstream) {
  const auto found = std::find_if(entries_.begin(), entries_.end(),
                                  [upstream](const Entry& entry) { return entry.upstream.name == upstream; });
  return found == entries_.end() ? nullptr : &*found;
}

void UpstreamHealth::NoteLook(std::string_view upstream, std::string_view problem) {
  const net::MutexLock lock(&mutex_);
  if (Entry* entry = Find(upstream); entry != nullptr) Set(entry, problem);
}

void UpstreamHealth::NoteConnectError(std::string_view upstream, int error) {
  const std::string problem = ConnectProblem(error);
  if (problem.empty()) return;
  const net::MutexLock lock(&mutex_);
  Entry* entry = Find(upstream);
  // Only a probe can mark it as up again.
  if (entry != nullptr && entry->upstream.check.interval.has_value()) Set(entry, problem);
}

void UpstreamHealth::Set(Entry* entry, std::string_view problem) {
  const State before = std::exchange(entry->state, problem.empty() ? State::kUp : State::kDown);
  entry->problem = problem;
  if (before == entry->state) return;
  Count();
  on_change_(entry->upstream.name, problem);
}

void UpstreamHealth::Count() {
  const auto down = [](const Entry& entry) { return entry.upstream.check.required && entry.state == State::kDown; };
  down_.store(static_cast<int>(std::count_if(entries_.begin(), entries_.end(), down)), std::memory_order_relaxed);
}

absl::Status UpstreamHealth::Ready() const {
  const net::MutexLock lock(&mutex_);
  std::vector<std::string> problems;
  for (const Entry& entry : entries_) {
    if (!entry.upstream.check.required || entry.state == State::kUp) continue;
    const bool unknown = entry.state == State::kUnknown;
    problems.push_back(
        absl::StrCat("upstream ", entry.upstream.name, ": ", unknown ? "not looked at yet" : entry.problem.c_str()));
  }
  return problems.empty() ? absl::OkStatus() : absl::UnavailableError(absl::StrJoin(problems, "; "));
}

std::vector<ops::MetricSample> UpstreamHealth::Samples() const {
  const net::MutexLock lock(&mutex_);
  std::vector<ops::MetricSample> samples;
  for (const Entry& entry : entries_) {
    samples.push_back({.labels = {{"upstream", entry.upstream.name}}, .value = entry.state == State::kUp ? 1.0 : 0.0});
  }
  return samples;
}

}  // namespace viaduct::sidecar
