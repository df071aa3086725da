#pragma once

#include <gtest/gtest.h>

#include <string_view>

#include "filter/envoy_module/abi.h"
#include "tests/filter/envoy_module/fake_envoy.h"

namespace viaduct::filter {

// The hooks that the tests call, as Envoy declares them.
extern "C" {
const char* envoy_dynamic_module_on_program_init();
const void* envoy_dynamic_module_on_http_filter_config_new(AbiEnvoyConfig, AbiBytes, AbiBytes);
void envoy_dynamic_module_on_http_filter_config_destroy(const void*);
const void* envoy_dynamic_module_on_http_filter_new(const void*, AbiEnvoyStream);
void envoy_dynamic_module_on_http_filter_destroy(const void*);
AbiHeadersStatus envoy_dynamic_module_on_http_filter_request_headers(AbiEnvoyStream, const void*, bool);
AbiBodyStatus envoy_dynamic_module_on_http_filter_request_body(AbiEnvoyStream, const void*, bool);
AbiTrailersStatus envoy_dynamic_module_on_http_filter_request_trailers(AbiEnvoyStream, const void*);
AbiHeadersStatus envoy_dynamic_module_on_http_filter_response_headers(AbiEnvoyStream, const void*, bool);
AbiBodyStatus envoy_dynamic_module_on_http_filter_response_body(AbiEnvoyStream, const void*, bool);
AbiTrailersStatus envoy_dynamic_module_on_http_filter_response_trailers(AbiEnvoyStream, const void*);
AbiLocalReplyStatus envoy_dynamic_module_on_http_filter_local_reply(AbiEnvoyStream, const void*, std::uint32_t,
                                                                    AbiBytes, bool);
void envoy_dynamic_module_on_http_filter_stream_complete(AbiEnvoyStream, const void*);
}

// A process in which Envoy has loaded the module, and one stream with the genuine request.
class HooksTest : public ::testing::Test {
 protected:
  static constexpr std::string_view kSettings =
      R"({"mode": "ALB", "trusted_peers": ["10.10.8.0/24"], "hosts": ["d1fhfqyui9h81a.cloudfront.net"]})";

  HooksTest() {
    TheEnvoy() = FakeEnvoy();
    TheEnvoy().headers = GenuineHeaders();
    TheEnvoy().direct_peer = "10.10.8.96:40000";
    TheEnvoy().client = "10.10.8.96";
    TheEnvoy().client_port = 40000;
  }

  ~HooksTest() override {
    if (config_ != nullptr) envoy_dynamic_module_on_http_filter_config_destroy(config_);
  }

  // Makes the configuration; returns false if the module refuses it.
  bool Configure(std::string_view settings) {
    config_ = envoy_dynamic_module_on_http_filter_config_new(&TheEnvoy(), {}, {settings.data(), settings.size()});
    return config_ != nullptr;
  }

  // Lets the module judge the stream's request.
  AbiHeadersStatus Ask() {
    const void* const filter = envoy_dynamic_module_on_http_filter_new(config_, &TheEnvoy());
    const AbiHeadersStatus status =
        envoy_dynamic_module_on_http_filter_request_headers(&TheEnvoy(), filter, /*end_of_stream=*/true);
    envoy_dynamic_module_on_http_filter_destroy(filter);
    return status;
  }

  const void* config_ = nullptr;
};

}  // namespace viaduct::filter
