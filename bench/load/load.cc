#include "bench/load/load.h"

#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <string>

#include "bench/bare_socket.h"
#include "bench/failure.h"
#include "bench/flags.h"
#include "net/address.h"

namespace viaduct::bench {
namespace {

constexpr std::chrono::milliseconds kPatience = std::chrono::minutes(1);
constexpr std::size_t kMaxPayloadBytes = std::size_t{1} << 30;
constexpr std::size_t kMaxSources = 200;
constexpr std::size_t kMaxRooms = 10000;
constexpr std::size_t kMaxPace = 1000000;

}  // namespace

LoadOptions LoadOptions::FromFlags(Flags& flags) {
  LoadOptions options;
  options.target = flags.Address("target");
  options.connections = flags.Number("connections", 1);
  options.payload_bytes = flags.Number("payload", 64);
  options.depth = flags.Number("depth", 1);
  options.active = flags.Number("active", 0);
  options.sources = flags.Number("sources", 1);
  options.senders = flags.Number("senders", 0);
  options.rooms = flags.Number("rooms", 1);
  options.pace = flags.Number("pace", 0);
  options.also = flags.OptionalAddress("also");
  if (options.payload_bytes > kMaxPayloadBytes) Fail("--payload: more than 1 GiB");
  if (options.depth < 1) Fail("--depth: at least 1");
  if (options.rooms < 1 || options.rooms > kMaxRooms) Fail("--rooms: 1 to 10000");
  if (options.pace > kMaxPace) Fail("--pace: at most 1000000");
  if (options.sources < 1 || options.sources > kMaxSources) Fail("--sources: 1 to 200");
  return options;
}

Goal Goal::Seconds(double seconds) {
  const auto time = std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
  return Goal(std::numeric_limits<std::uint64_t>::max(), Clock::now() + time);
}

void Report::Add(Clock::duration took, std::uint64_t bytes, std::uint64_t operations) {
  operations_ += operations;
  ++times_;
  bytes_ += bytes;
  const auto time = std::max<std::int64_t>(std::chrono::nanoseconds(took).count(), kSteps);
  const auto nanoseconds = static_cast<std::uint64_t>(time);
  const std::size_t shift = std::bit_width(nanoseconds) - std::bit_width(kSteps);
  ++buckets_[shift * kSteps + (nanoseconds >> shift)];
}

double Report::Quantile(double share) const {
  auto rest = static_cast<std::uint64_t>(share * static_cast<double>(times_));
  for (std::size_t i = kSteps; i < buckets_.size(); ++i) {
    if (rest < buckets_[i]) {
      // Bucket numbers are shift * kSteps + a value of [kSteps, 2 * kSteps).
      const std::size_t shift = i / kSteps - 1;
      const double middle = static_cast<double>(i - shift * kSteps) + 0.5;
      return middle * static_cast<double>(std::uint64_t{1} << shift) / 1000;
    }
    rest -= buckets_[i];
  }
  return 0;
}

std::string Report::ToJson() const {
  char text[200];
  const double seconds = std::chrono::duration<double>(end_ - start_).count();
  std::snprintf(text, sizeof(text), R"({"operations":%llu,"seconds":%.6f,"bytes":%llu,"p50_us":%.2f,"p99_us":%.2f})",
                static_cast<unsigned long long>(operations_), seconds, static_cast<unsigned long long>(bytes_),
                Quantile(0.5), Quantile(0.99));
  return text;
}

Load::Load(const LoadOptions& options) : options_(options), epoll_(CreateEpoll()) {}

int Load::Turn(std::chrono::milliseconds patience) {
  std::array<epoll_event, 512> events;
  const int count = ::epoll_wait(epoll_.get(), events.data(), events.size(), static_cast<int>(patience.count()));
  for (int i = 0; i < count; ++i) React(events[i].data.u64);
  return count;
}

void Load::TurnOrFail() {
  if (Turn(kPatience) == 0) Fail("no answer within a minute");
}

}  // namespace viaduct::bench
