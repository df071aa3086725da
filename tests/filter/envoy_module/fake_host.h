#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "filter/connection_facts.h"
#include "filter/envoy_module/stream_host.h"
#include "http/field.h"
#include "tests/filter/request_builder.h"

namespace viaduct::filter {

// A proxy with one request, which keeps what the filter does. Like Envoy 1.40 with the documented settings, unless a
// test says otherwise; the connection is that of GenuineRequest.
class FakeHost final : public StreamHost {
 public:
  explicit FakeHost(RequestBuilder request) : request_(std::move(request)) {}

  // Makes the request come by another connection.
  void ComeFrom(const ConnectionFacts& connection);
  // Returns the values of the fields of this name, in any letter case, as the upstream would see them.
  std::vector<std::string> ValuesOf(std::string_view name) const;

  std::span<const http::Field> Fields() override;
  bool TellsDirectPeer() const override { return tells_direct_peer; }
  HostAddress DirectPeer() override { return direct_peer; }
  HostAddress Client() override { return client; }
  void RemoveField(std::string_view name) override { request_.RemoveAll(name); }
  void AddField(std::string_view name, std::string_view value) override { request_.Add(name, value); }
  void Reply(std::uint32_t reply_status, std::string_view reply_body, std::string_view reply_details) override;
  void CountAllowed() override { ++allowed; }
  void CountDenied(std::string_view reason) override { denied = reason; }
  void CountWouldDeny(std::string_view reason) override { would_deny.emplace_back(reason); }
  void SetMetadata(std::string_view key, std::string_view value) override { metadata[std::string(key)] = value; }
  void Log(LogLevel, std::string_view message) override { log.emplace_back(message); }

  bool tells_direct_peer = true;
  HostAddress direct_peer = {"10.10.8.96:40000", 40000};
  HostAddress client = {"10.10.8.96:40000", 40000};

  bool went_on = false;
  int replies = 0;
  std::uint32_t status = 0;
  std::string body;
  std::string details;
  int allowed = 0;
  std::string denied;
  std::vector<std::string> would_deny;
  std::map<std::string, std::string> metadata;
  std::vector<std::string> log;

 private:
  mutable RequestBuilder request_;
  std::string peer_text_;
  std::string client_text_;
};

}  // namespace viaduct::filter
