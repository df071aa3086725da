#include "tests/filter/envoy_module/fake_envoy.h"

#include <algorithm>
#include <cstddef>
#include <stdexcept>
#include <string_view>

#include "filter/envoy_module/abi.h"
#include "tests/filter/request_builder.h"

namespace viaduct::filter {
namespace {

std::string Text(AbiBytes bytes) { return bytes.size == 0 ? std::string() : std::string(bytes.data, bytes.size); }
AbiBytes Bytes(std::string_view text) { return {text.data(), text.size()}; }

}  // namespace

FakeEnvoy& TheEnvoy() {
  static FakeEnvoy envoy;
  return envoy;
}

std::vector<std::pair<std::string, std::string>> GenuineHeaders() {
  std::vector<std::pair<std::string, std::string>> headers = {{":method", "GET"}, {":path", "/websocket"}};
  RequestBuilder request = GenuineRequest();
  for (const http::Field& field : request.view().fields) {
    headers.emplace_back(field.name == "host" ? ":authority" : field.name, field.value);
  }
  return headers;
}

extern "C" {

void envoy_dynamic_module_callback_log(AbiLogLevel, AbiBytes message) { TheEnvoy().log.push_back(Text(message)); }

bool envoy_dynamic_module_callback_log_enabled(AbiLogLevel) { return true; }

AbiMetricsResult envoy_dynamic_module_callback_http_filter_config_define_counter(AbiEnvoyConfig, AbiBytes name,
                                                                                 AbiBytes*, std::size_t,
                                                                                 std::size_t* id) {
  if (!TheEnvoy().defines_counters) return static_cast<AbiMetricsResult>(3);
  *id = TheEnvoy().names.size();
  TheEnvoy().names.push_back(Text(name));
  return AbiMetricsResult::kSuccess;
}

AbiMetricsResult envoy_dynamic_module_callback_http_filter_increment_counter(AbiEnvoyStream, std::size_t id,
                                                                             AbiBytes* labels, std::size_t count,
                                                                             std::uint64_t by) {
  std::string name = TheEnvoy().names.at(id);
  if (count == 1) name += "{" + Text(*labels) + "}";
  TheEnvoy().counters[name] += by;
  return AbiMetricsResult::kSuccess;
}

std::size_t envoy_dynamic_module_callback_http_get_headers_size(AbiEnvoyStream, AbiHeaderMap) {
  if (TheEnvoy().fails) throw std::runtime_error("a fault of the test");
  return TheEnvoy().headers.size();
}

bool envoy_dynamic_module_callback_http_get_headers(AbiEnvoyStream, AbiHeaderMap, AbiHeader* headers) {
  for (const auto& [name, value] : TheEnvoy().headers) {
    *headers++ = {name.data(), name.size(), value.data(), value.size()};
  }
  return true;
}

bool envoy_dynamic_module_callback_http_add_header(AbiEnvoyStream, AbiHeaderMap, AbiBytes name, AbiBytes value) {
  TheEnvoy().headers.emplace_back(Text(name), Text(value));
  return true;
}

bool envoy_dynamic_module_callback_http_set_header(AbiEnvoyStream, AbiHeaderMap, AbiBytes name, AbiBytes value) {
  auto& headers = TheEnvoy().headers;
  const auto has_name = [&](const auto& header) { return header.first == Text(name); };
  if (value.data == nullptr) {
    std::erase_if(headers, has_name);
    return true;
  }
  const auto found = std::find_if(headers.begin(), headers.end(), has_name);
  if (found == headers.end()) {
    headers.emplace_back(Text(name), Text(value));
  } else {
    found->second = Text(value);
  }
  return true;
}

void envoy_dynamic_module_callback_http_send_response(AbiEnvoyStream, std::uint32_t status, AbiHeader*, std::size_t,
                                                      AbiBytes, AbiBytes details) {
  ++TheEnvoy().replies;
  TheEnvoy().status = status;
  TheEnvoy().details = Text(details);
}

bool envoy_dynamic_module_callback_http_filter_get_attribute_string(AbiEnvoyStream, AbiAttribute, AbiBytes* value) {
  *value = Bytes(TheEnvoy().client);
  return !TheEnvoy().client.empty();
}

bool envoy_dynamic_module_callback_http_filter_get_attribute_int(AbiEnvoyStream, AbiAttribute, std::uint64_t* value) {
  *value = TheEnvoy().client_port;
  return !TheEnvoy().client.empty();
}

void envoy_dynamic_module_callback_http_set_dynamic_metadata_string(AbiEnvoyStream, AbiBytes space, AbiBytes key,
                                                                    AbiBytes value) {
  TheEnvoy().metadata[Text(space) + ":" + Text(key)] = Text(value);
}

}  // extern "C"

}  // namespace viaduct::filter
