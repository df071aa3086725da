#include "tests/filter/envoy_module/fake_host.h"

#include "text/ascii.h"

namespace viaduct::filter {
namespace {

std::string WithPort(const ip::IpAddress& address, std::string_view port) {
  return (address.is_v4() ? address.ToString() : "[" + address.ToString() + "]") + ":" + std::string(port);
}

}  // namespace

void FakeHost::ComeFrom(const ConnectionFacts& connection) {
  const bool proxied = connection.proxy_header == ProxyHeader::kSource;
  peer_text_ = WithPort(connection.peer, "40000");
  client_text_ = proxied ? WithPort(connection.proxy_source, "46532") : peer_text_;
  direct_peer = {peer_text_, 40000};
  client = {client_text_, proxied ? 46532u : 40000u};
}

std::span<const http::Field> FakeHost::Fields() { return request_.view().fields; }

std::vector<std::string> FakeHost::ValuesOf(std::string_view name) const {
  std::vector<std::string> values;
  for (const http::Field& field : request_.view().fields) {
    if (text::EqualsIgnoreCase(field.name, name)) values.emplace_back(field.value);
  }
  return values;
}

void FakeHost::Reply(std::uint32_t reply_status, std::string_view reply_body, std::string_view reply_details) {
  ++replies;
  status = reply_status;
  body = reply_body;
  details = reply_details;
}

}  // namespace viaduct::filter
