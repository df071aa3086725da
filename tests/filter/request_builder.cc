#include "tests/filter/request_builder.h"

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <optional>

#include "filter/builtin_ranges.h"
#include "text/ascii.h"
#include "text/result.h"

namespace viaduct::filter {

RequestBuilder& RequestBuilder::Add(std::string_view name, std::string_view value) {
  lines_.emplace_back(name, value);
  return *this;
}

RequestBuilder& RequestBuilder::Prepend(std::string_view name, std::string_view value) {
  lines_.emplace(lines_.begin(), name, value);
  return *this;
}

RequestBuilder& RequestBuilder::Set(std::string_view name, std::string_view value) {
  const auto line = std::find_if(lines_.begin(), lines_.end(), [&](const auto& entry) { return entry.first == name; });
  if (line == lines_.end()) return Add(name, value);
  line->second = value;
  return *this;
}

RequestBuilder& RequestBuilder::Remove(std::string_view name) {
  std::erase_if(lines_, [&](const auto& line) { return line.first == name; });
  return *this;
}

RequestBuilder& RequestBuilder::RemoveAll(std::string_view name) {
  std::erase_if(lines_, [&](const auto& line) { return text::EqualsIgnoreCase(line.first, name); });
  return *this;
}

RequestBuilder& RequestBuilder::Join(std::string_view name) {
  std::string* first = nullptr;
  for (auto line = lines_.begin(); line != lines_.end();) {
    if (!text::EqualsIgnoreCase(line->first, name)) {
      ++line;
    } else if (first == nullptr) {
      first = &line->second;
      ++line;
    } else {
      *first += "," + line->second;
      line = lines_.erase(line);
    }
  }
  return *this;
}

RequestBuilder& RequestBuilder::SetUpgrade(bool is_upgrade) {
  is_upgrade_ = is_upgrade;
  return *this;
}

RequestView RequestBuilder::view() {
  fields_.clear();
  for (const auto& [name, value] : lines_) fields_.push_back(http::Field{name, value});
  return RequestView{.method = "GET", .target = "/websocket", .fields = fields_, .is_upgrade = is_upgrade_};
}

RequestBuilder GenuineRequest() {
  RequestBuilder request;
  request.Add("x-forwarded-for", "2001:db8::7334, 130.176.114.52")
      .Add("x-forwarded-proto", "http")
      .Add("x-forwarded-port", "80")
      .Add("host", "d1fhfqyui9h81a.cloudfront.net")
      .Add("x-amzn-trace-id", "Root=1-6a1451c4-4e3233e1196d4b12222f32ce")
      .Add("upgrade", "websocket")
      .Add("connection", "upgrade")
      .Add("sec-websocket-key", "Rnhou3qbnI2nVKLvsTWapg==")
      .Add("sec-websocket-extensions", "permessage-deflate; client_max_window_bits")
      .Add("cache-control", "no-cache")
      .Add("pragma", "no-cache")
      .Add("user-agent", "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko)")
      .Add("via", "1.1 ece5d4a731ece5ff46c564ab2b946ede.cloudfront.net (CloudFront)")
      .Add("x-amz-cf-id", "3QinF8qURdlfjvILoXcZZqalpUXpxOCEI4nLyjxNpODDTK1thF1D7w==")
      .Add("sec-websocket-version", "13")
      .Add("origin", "https://d1fhfqyui9h81a.cloudfront.net")
      .Add("accept-language", "ja,en-US;q=0.9,en;q=0.8")
      .Add("accept-encoding", "gzip, deflate, br, zstd");
  return request;
}

ConnectionFacts GenuineConnection() { return ConnectionFrom("10.10.8.96"); }

ConnectionFacts ConnectionFrom(std::string_view peer) { return ConnectionFacts{.peer = AddressOf(peer)}; }

RequestBuilder UnbalancedRequest() {
  RequestBuilder request = GenuineRequest();
  request.Set("x-forwarded-for", "2001:db8::7334");
  return request;
}

ConnectionFacts NlbConnection() {
  return {.peer = AddressOf("10.10.8.96"),
          .proxy_header = ProxyHeader::kSource,
          .proxy_source = AddressOf("130.176.114.52")};
}

ConnectionFacts DirectConnection() { return ConnectionFrom("130.176.114.52"); }

PolicySpec GenuineSpec() {
  PolicySpec spec;
  spec.trusted_peers = {"10.10.8.0/24", "10.10.9.0/24"};
  spec.edge_ranges = BuiltinRanges();
  spec.hosts = {"d1fhfqyui9h81a.cloudfront.net"};
  spec.origins = {"https://d1fhfqyui9h81a.cloudfront.net"};
  return spec;
}

PolicySpec NlbSpec() {
  PolicySpec spec = GenuineSpec();
  spec.mode = EdgeMode::kNlb;
  return spec;
}

PolicySpec DirectSpec() {
  PolicySpec spec = GenuineSpec();
  spec.mode = EdgeMode::kDirect;
  spec.trusted_peers.clear();
  return spec;
}

PolicySpec WithSecret(PolicySpec spec) {
  spec.secret = SecretSpec{"", {{"current", std::string(kCurrentSecret)}, {"next", std::string(kNextSecret)}}};
  return spec;
}

std::shared_ptr<const Policy> PolicyOf(const PolicySpec& spec) {
  text::Result<std::shared_ptr<const Policy>> policy = Policy::Create(spec);
  if (!policy.ok()) {
    std::cerr << policy.error().message << "\n";
    std::abort();
  }
  return *std::move(policy);
}

ip::IpAddress AddressOf(std::string_view text) {
  const std::optional<ip::IpAddress> address = ip::IpAddress::Parse(text);
  if (!address) {
    std::cerr << "no address: " << text << "\n";
    std::abort();
  }
  return *address;
}

}  // namespace viaduct::filter
