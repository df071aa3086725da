#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "bench/load/answer.h"

namespace viaduct::bench {

// The host that requests are for; the measured sidecar allows it.
inline constexpr std::string_view kSiteHost = "d1fhfqyui9h81a.cloudfront.net";

// Upgrade requests as CloudFront and an ALB forward them for a browser: with the fields, order and values of a real
// one, as in tests/support/edge_request.py. There is one request for each of a few keys; they are made once.
class UpgradeHeads {
 public:
  explicit UpgradeHeads(std::string_view target = "/websocket");

  // Returns the request of the `number`th upgrade.
  std::string_view Request(std::size_t number) const { return heads_[number % heads_.size()].request; }

  // Ends the process unless `answer` is a 101 to the `number`th upgrade's key.
  void Check(std::size_t number, const Answer& answer) const;

 private:
  struct Head {
    std::string request;
    std::string accept;
  };
  std::vector<Head> heads_;
};

// Returns a GET of `target` as CloudFront and an ALB forward it.
std::string PlainRequest(std::string_view target);

}  // namespace viaduct::bench
