#include "filter/envoy_module/envoy_host.h"

#include <cstdint>
#include <source_location>
#include <string>
#include <vector>

#include "text/concat.h"
#include "text/number.h"

namespace viaduct::filter {
namespace {

constexpr std::string_view kLogPrefix = "viaduct vpc_origin: ";
// The space of our dynamic metadata.
constexpr std::string_view kMetadataSpace = "viaduct.vpc_origin";

AbiBytes Bytes(std::string_view text) { return {text.data(), text.size()}; }
std::string_view View(AbiBytes bytes) {
  return bytes.size == 0 ? std::string_view() : std::string_view(bytes.data, bytes.size);
}
std::string_view View(const char* data, std::size_t size) { return View(AbiBytes{data, size}); }

bool Define(AbiEnvoyConfig config, std::string_view name, std::span<AbiBytes> labels, std::size_t* id) {
  return envoy_dynamic_module_callback_http_filter_config_define_counter(
             config, Bytes(name), labels.data(), labels.size(), id) == AbiMetricsResult::kSuccess;
}

// Returns the port at the end of "address:port"; 0 if there is none.
std::uint64_t PortOf(std::string_view address) {
  const std::size_t colon = address.rfind(':');
  std::uint64_t port = 0;
  if (colon == std::string_view::npos || !text::ReadNumber(address.substr(colon + 1), &port)) return 0;
  return port;
}

}  // namespace

bool EnvoyCounters::Define(AbiEnvoyConfig config) {
  AbiBytes reason = Bytes("reason");
  const std::span<AbiBytes> labels(&reason, 1);
  return filter::Define(config, "allowed", {}, &allowed) && filter::Define(config, "denied", labels, &denied) &&
         filter::Define(config, "would_deny", labels, &would_deny);
}

bool EnvoyTellsDirectPeer() {
  return envoy_dynamic_module_callback_http_get_downstream_direct_remote_address != nullptr;
}

void LogToEnvoy(AbiLogLevel level, std::string_view message) {
  if (!envoy_dynamic_module_callback_log_enabled(level)) return;
  const std::string line = text::Concat(kLogPrefix, message);
  if (envoy_dynamic_module_callback_log_v2 == nullptr) {
    envoy_dynamic_module_callback_log(level, Bytes(line));
    return;
  }
  constexpr auto kHere = std::source_location::current();
  envoy_dynamic_module_callback_log_v2(level, Bytes(line), Bytes(kHere.file_name()), kHere.line());
}

void ReplyFromEnvoy(AbiEnvoyStream stream, std::uint32_t status, std::string_view body, std::string_view details) {
  envoy_dynamic_module_callback_http_send_response(stream, status, nullptr, 0, Bytes(body), Bytes(details));
}

std::span<const http::Field> EnvoyHost::Fields() {
  // Kept for the thread's next requests, so that nothing is allocated in the usual case.
  thread_local std::vector<AbiHeader> headers;
  thread_local std::vector<http::Field> fields;
  fields.clear();
  headers.resize(envoy_dynamic_module_callback_http_get_headers_size(stream_, AbiHeaderMap::kRequestHeaders));
  if (headers.empty()) return fields;
  if (!envoy_dynamic_module_callback_http_get_headers(stream_, AbiHeaderMap::kRequestHeaders, headers.data())) {
    return fields;
  }
  for (const AbiHeader& header : headers) {
    const std::string_view name = View(header.name, header.name_size);
    const std::string_view value = View(header.value, header.value_size);
    // Envoy keeps Host under the name that HTTP/2 has for it. The other names with a colon are no fields.
    if (name == ":authority") {
      fields.emplace_back("host", value);
    } else if (!name.starts_with(':')) {
      fields.emplace_back(name, value);
    }
  }
  return fields;
}

HostAddress EnvoyHost::DirectPeer() {
  AbiBytes address{};
  if (!envoy_dynamic_module_callback_http_get_downstream_direct_remote_address(stream_, &address)) return {};
  return {View(address), PortOf(View(address))};
}

HostAddress EnvoyHost::Client() {
  AbiBytes address{};
  std::uint64_t port = 0;
  if (!envoy_dynamic_module_callback_http_filter_get_attribute_string(stream_, AbiAttribute::kSourceAddress,
                                                                      &address) ||
      !envoy_dynamic_module_callback_http_filter_get_attribute_int(stream_, AbiAttribute::kSourcePort, &port)) {
    return {};
  }
  return {View(address), port};
}

void EnvoyHost::RemoveField(std::string_view name) {
  envoy_dynamic_module_callback_http_set_header(stream_, AbiHeaderMap::kRequestHeaders, Bytes(name), AbiBytes{});
}

void EnvoyHost::AddField(std::string_view name, std::string_view value) {
  envoy_dynamic_module_callback_http_add_header(stream_, AbiHeaderMap::kRequestHeaders, Bytes(name), Bytes(value));
}

void EnvoyHost::Reply(std::uint32_t status, std::string_view body, std::string_view details) {
  ReplyFromEnvoy(stream_, status, body, details);
}

void EnvoyHost::CountAllowed() {
  envoy_dynamic_module_callback_http_filter_increment_counter(stream_, counters_.allowed, nullptr, 0, 1);
}

void EnvoyHost::CountDenied(std::string_view reason) {
  AbiBytes label = Bytes(reason);
  envoy_dynamic_module_callback_http_filter_increment_counter(stream_, counters_.denied, &label, 1, 1);
}

void EnvoyHost::CountWouldDeny(std::string_view reason) {
  AbiBytes label = Bytes(reason);
  envoy_dynamic_module_callback_http_filter_increment_counter(stream_, counters_.would_deny, &label, 1, 1);
}

void EnvoyHost::SetMetadata(std::string_view key, std::string_view value) {
  envoy_dynamic_module_callback_http_set_dynamic_metadata_string(stream_, Bytes(kMetadataSpace), Bytes(key),
                                                                 Bytes(value));
}

void EnvoyHost::Log(LogLevel level, std::string_view message) {
  LogToEnvoy(level == LogLevel::kError ? AbiLogLevel::kError : AbiLogLevel::kWarning, message);
}

}  // namespace viaduct::filter
