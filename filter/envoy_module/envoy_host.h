#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "filter/envoy_module/abi.h"
#include "filter/envoy_module/stream_host.h"

namespace viaduct::filter {

// The counters of one configuration in Envoy: `allowed`, and `denied` and `would_deny` with the label `reason`.
struct EnvoyCounters {
  std::size_t allowed = 0;
  std::size_t denied = 0;
  std::size_t would_deny = 0;

  // Defines them. Only while Envoy makes the configuration. Returns false if Envoy refuses.
  bool Define(AbiEnvoyConfig config);
};

// True if this Envoy tells the TCP peer: 1.40 and later.
bool EnvoyTellsDirectPeer();

// Writes a line into Envoy's log.
void LogToEnvoy(AbiLogLevel level, std::string_view message);

// Answers a request in Envoy.
void ReplyFromEnvoy(AbiEnvoyStream stream, std::uint32_t status, std::string_view body, std::string_view details);

// One stream of Envoy during one of its hooks. Must not outlive the hook.
class EnvoyHost final : public StreamHost {
 public:
  EnvoyHost(AbiEnvoyStream stream, const EnvoyCounters& counters) : stream_(stream), counters_(counters) {}

  std::span<const http::Field> Fields() override;
  bool TellsDirectPeer() const override { return EnvoyTellsDirectPeer(); }
  HostAddress DirectPeer() override;
  HostAddress Client() override;
  void RemoveField(std::string_view name) override;
  void AddField(std::string_view name, std::string_view value) override;
  void Reply(std::uint32_t status, std::string_view body, std::string_view details) override;
  void CountAllowed() override;
  void CountDenied(std::string_view reason) override;
  void CountWouldDeny(std::string_view reason) override;
  void SetMetadata(std::string_view key, std::string_view value) override;
  void Log(LogLevel level, std::string_view message) override;

 private:
  const AbiEnvoyStream stream_;
  const EnvoyCounters& counters_;
};

}  // namespace viaduct::filter
