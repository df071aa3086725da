// The functions that Envoy calls. An exception that crossed this boundary would end Envoy with all its connections, so
// none may.

#include <exception>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "filter/envoy_module/abi.h"
#include "filter/envoy_module/envoy_host.h"
#include "filter/envoy_module/settings_reader.h"
#include "filter/envoy_module/system_sources.h"
#include "filter/envoy_module/vpc_origin_filter.h"
#include "text/concat.h"

namespace viaduct::filter {
namespace {

// One configuration of the filter in Envoy, which all its streams share. It also serves as the filter of each stream,
// which has no state: so every hook works on a stream of which it has seen nothing.
struct EnvoyFilter {
  VpcOriginFilter filter;
  EnvoyCounters counters;
};

std::string_view View(AbiBytes bytes) {
  return bytes.size == 0 ? std::string_view() : std::string_view(bytes.data, bytes.size);
}

// Returns what `call` returns, or `fallback` if it throws.
template <typename Result, typename Call>
Result Guarded(Result fallback, Call call) noexcept {
  try {
    return call();
  } catch (const std::exception& error) {
    try {
      LogToEnvoy(AbiLogLevel::kCritical, text::Concat("an error that must not be: ", error.what()));
    } catch (...) {
      // There is not even memory for the line.
      return fallback;
    }
    return fallback;
  } catch (...) {
    return fallback;
  }
}

const EnvoyFilter* MakeFilter(AbiEnvoyConfig config, std::string_view settings) {
  text::Result<std::shared_ptr<const Policy>> policy = ReadSettings(settings, SystemSources(), EnvoyTellsDirectPeer());
  if (!policy.ok()) {
    LogToEnvoy(AbiLogLevel::kCritical, policy.error().message);
    return nullptr;
  }
  EnvoyCounters counters;
  if (!counters.Define(config)) {
    LogToEnvoy(AbiLogLevel::kCritical, "Envoy refuses to define the counters");
    return nullptr;
  }
  return new EnvoyFilter{VpcOriginFilter(*std::move(policy)), counters};
}

}  // namespace

// Their C names are those of the ABI.
extern "C" {

// Envoy only logs if it expects another version.
const char* envoy_dynamic_module_on_program_init() { return EnvoyTellsDirectPeer() ? "v0.2.0" : "v0.1.0"; }

// Null refuses the configuration, with what has been logged.
const void* envoy_dynamic_module_on_http_filter_config_new(AbiEnvoyConfig config, AbiBytes, AbiBytes settings) {
  return Guarded<const EnvoyFilter*>(nullptr, [&] { return MakeFilter(config, View(settings)); });
}

void envoy_dynamic_module_on_http_filter_config_destroy(const void* config) {
  delete static_cast<const EnvoyFilter*>(config);
}

const void* envoy_dynamic_module_on_http_filter_new(const void* config, AbiEnvoyStream) { return config; }

void envoy_dynamic_module_on_http_filter_destroy(const void*) {}

AbiHeadersStatus envoy_dynamic_module_on_http_filter_request_headers(AbiEnvoyStream stream, const void* filter, bool) {
  const auto& envoy = *static_cast<const EnvoyFilter*>(filter);
  enum class Answer { kGoOn, kReplied, kFailed };
  const Answer answer = Guarded(Answer::kFailed, [&] {
    EnvoyHost host(stream, envoy.counters);
    return envoy.filter.OnRequestHeaders(host) ? Answer::kGoOn : Answer::kReplied;
  });
  if (answer == Answer::kGoOn) return AbiHeadersStatus::kContinue;
  // Without an answer the stream would wait until it is idle for too long.
  if (answer == Answer::kFailed) ReplyFromEnvoy(stream, 500, "", "vpc_origin_error");
  return AbiHeadersStatus::kStopIteration;
}

// The filter has decided by the head, and has no part in anything else. Envoy requires these hooks all the same.

AbiBodyStatus envoy_dynamic_module_on_http_filter_request_body(AbiEnvoyStream, const void*, bool) {
  return AbiBodyStatus::kContinue;
}

AbiTrailersStatus envoy_dynamic_module_on_http_filter_request_trailers(AbiEnvoyStream, const void*) {
  return AbiTrailersStatus::kContinue;
}

AbiHeadersStatus envoy_dynamic_module_on_http_filter_response_headers(AbiEnvoyStream, const void*, bool) {
  return AbiHeadersStatus::kContinue;
}

AbiBodyStatus envoy_dynamic_module_on_http_filter_response_body(AbiEnvoyStream, const void*, bool) {
  return AbiBodyStatus::kContinue;
}

AbiTrailersStatus envoy_dynamic_module_on_http_filter_response_trailers(AbiEnvoyStream, const void*) {
  return AbiTrailersStatus::kContinue;
}

AbiLocalReplyStatus envoy_dynamic_module_on_http_filter_local_reply(AbiEnvoyStream, const void*, std::uint32_t,
                                                                    AbiBytes, bool) {
  return AbiLocalReplyStatus::kContinue;
}

void envoy_dynamic_module_on_http_filter_stream_complete(AbiEnvoyStream, const void*) {}
void envoy_dynamic_module_on_http_filter_scheduled(AbiEnvoyStream, const void*, std::uint64_t) {}
void envoy_dynamic_module_on_http_filter_http_callout_done(AbiEnvoyStream, const void*, std::uint64_t, std::uint32_t,
                                                           AbiHeader*, std::size_t, AbiBytes*, std::size_t) {}
void envoy_dynamic_module_on_http_filter_http_stream_headers(AbiEnvoyStream, const void*, std::uint64_t, AbiHeader*,
                                                             std::size_t, bool) {}
void envoy_dynamic_module_on_http_filter_http_stream_data(AbiEnvoyStream, const void*, std::uint64_t, const AbiBytes*,
                                                          std::size_t, bool) {}
void envoy_dynamic_module_on_http_filter_http_stream_trailers(AbiEnvoyStream, const void*, std::uint64_t, AbiHeader*,
                                                              std::size_t) {}
void envoy_dynamic_module_on_http_filter_http_stream_complete(AbiEnvoyStream, const void*, std::uint64_t) {}
void envoy_dynamic_module_on_http_filter_http_stream_reset(AbiEnvoyStream, const void*, std::uint64_t, std::uint32_t) {}
void envoy_dynamic_module_on_http_filter_downstream_above_write_buffer_high_watermark(AbiEnvoyStream, const void*) {}
void envoy_dynamic_module_on_http_filter_downstream_below_write_buffer_low_watermark(AbiEnvoyStream, const void*) {}

}  // extern "C"

}  // namespace viaduct::filter
