#pragma once

#include <cstddef>
#include <cstdint>

// The part of Envoy's ABI for dynamic modules that this module uses, declared in our own words for Envoy 1.38 to 1.40.
// From 1.40 on Envoy changes nothing of it and only adds. Functions that 1.38 lacks are weak: test them for null.
//
// Bytes that Envoy hands out are valid until the hook returns or changes the same headers. They end without a NUL, and
// an empty text may have a null pointer.

namespace viaduct::filter {

extern "C" {

struct AbiBytes {
  const char* data;
  std::size_t size;
};

struct AbiHeader {
  const char* name;
  std::size_t name_size;
  const char* value;
  std::size_t value_size;
};

enum class AbiLogLevel : std::uint32_t { kTrace, kDebug, kInfo, kWarning, kError, kCritical };
enum class AbiHeaderMap : std::uint32_t { kRequestHeaders, kRequestTrailers, kResponseHeaders, kResponseTrailers };
enum class AbiHeadersStatus : std::uint32_t { kContinue, kStopIteration };
enum class AbiBodyStatus : std::uint32_t { kContinue };
enum class AbiTrailersStatus : std::uint32_t { kContinue };
enum class AbiLocalReplyStatus : std::uint32_t { kContinue };
enum class AbiMetricsResult : std::uint32_t { kSuccess };
// What Envoy knows about a request.
enum class AbiAttribute : std::uint32_t { kSourceAddress = 24, kSourcePort = 25 };

// Envoy's own objects: what a module's configuration and one stream of requests are to it.
using AbiEnvoyConfig = void*;
using AbiEnvoyStream = void*;

void envoy_dynamic_module_callback_log(AbiLogLevel level, AbiBytes message);
// Since 1.40.
__attribute__((weak)) void envoy_dynamic_module_callback_log_v2(AbiLogLevel level, AbiBytes message, AbiBytes file,
                                                                std::uint32_t line);
bool envoy_dynamic_module_callback_log_enabled(AbiLogLevel level);

// Defines a counter; allowed only while the configuration is made.
AbiMetricsResult envoy_dynamic_module_callback_http_filter_config_define_counter(AbiEnvoyConfig config, AbiBytes name,
                                                                                 AbiBytes* label_names,
                                                                                 std::size_t label_count,
                                                                                 std::size_t* id);
AbiMetricsResult envoy_dynamic_module_callback_http_filter_increment_counter(AbiEnvoyStream stream, std::size_t id,
                                                                             AbiBytes* label_values,
                                                                             std::size_t label_count, std::uint64_t by);

std::size_t envoy_dynamic_module_callback_http_get_headers_size(AbiEnvoyStream stream, AbiHeaderMap map);
// Fills an array of that many headers.
bool envoy_dynamic_module_callback_http_get_headers(AbiEnvoyStream stream, AbiHeaderMap map, AbiHeader* headers);
// Adds a header, also if there are others of this name.
bool envoy_dynamic_module_callback_http_add_header(AbiEnvoyStream stream, AbiHeaderMap map, AbiBytes name,
                                                   AbiBytes value);
// Sets the value of the first header of this name. Removes all of them if the value's pointer is null.
bool envoy_dynamic_module_callback_http_set_header(AbiEnvoyStream stream, AbiHeaderMap map, AbiBytes name,
                                                   AbiBytes value);

// Answers the request. The hook must then stop the iteration. `details` is what %RESPONSE_CODE_DETAILS% logs.
void envoy_dynamic_module_callback_http_send_response(AbiEnvoyStream stream, std::uint32_t status, AbiHeader* headers,
                                                      std::size_t header_count, AbiBytes body, AbiBytes details);

bool envoy_dynamic_module_callback_http_filter_get_attribute_string(AbiEnvoyStream stream, AbiAttribute attribute,
                                                                    AbiBytes* value);
bool envoy_dynamic_module_callback_http_filter_get_attribute_int(AbiEnvoyStream stream, AbiAttribute attribute,
                                                                 std::uint64_t* value);
// "address:port" of the TCP peer. Since 1.40.
__attribute__((weak)) bool envoy_dynamic_module_callback_http_get_downstream_direct_remote_address(
    AbiEnvoyStream stream, AbiBytes* value);

// Sets what %DYNAMIC_METADATA(space:key)% logs.
void envoy_dynamic_module_callback_http_set_dynamic_metadata_string(AbiEnvoyStream stream, AbiBytes space, AbiBytes key,
                                                                    AbiBytes value);

}  // extern "C"

}  // namespace viaduct::filter
