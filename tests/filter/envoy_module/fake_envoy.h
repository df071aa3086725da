#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace viaduct::filter {

// Envoy's side of the ABI, as plain functions over one stream. fake_envoy_140.cc adds the functions of Envoy 1.40;
// without it this is an Envoy 1.38.
struct FakeEnvoy {
  // The request's headers by Envoy's names; a test sets them and reads what has become of them.
  std::vector<std::pair<std::string, std::string>> headers;
  std::string direct_peer;
  std::string client;
  std::uint64_t client_port = 0;

  // True makes the next reading of headers throw.
  bool fails = false;
  // False refuses to define counters.
  bool defines_counters = true;

  std::vector<std::string> log;
  // The counters, each with its labels' values: "denied{via_missing}".
  std::vector<std::string> names;
  std::map<std::string, std::uint64_t> counters;
  std::map<std::string, std::string> metadata;
  int replies = 0;
  std::uint32_t status = 0;
  std::string details;
};

// Returns the Envoy of this process.
FakeEnvoy& TheEnvoy();

// Returns the headers of GenuineRequest as Envoy shows them.
std::vector<std::pair<std::string, std::string>> GenuineHeaders();

}  // namespace viaduct::filter
