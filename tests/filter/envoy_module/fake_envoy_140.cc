// What Envoy 1.40 has and 1.38 has not.

#include "filter/envoy_module/abi.h"
#include "tests/filter/envoy_module/fake_envoy.h"

namespace viaduct::filter {

extern "C" {

void envoy_dynamic_module_callback_log_v2(AbiLogLevel, AbiBytes message, AbiBytes, std::uint32_t) {
  TheEnvoy().log.emplace_back(message.data, message.size);
}

bool envoy_dynamic_module_callback_http_get_downstream_direct_remote_address(AbiEnvoyStream, AbiBytes* value) {
  *value = {TheEnvoy().direct_peer.data(), TheEnvoy().direct_peer.size()};
  return true;
}

}  // extern "C"

}  // namespace viaduct::filter
