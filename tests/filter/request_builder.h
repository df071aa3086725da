#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "filter/connection_facts.h"
#include "filter/policy.h"
#include "filter/request_view.h"
#include "http/field.h"
#include "ip/ip_address.h"

namespace viaduct::filter {

// A request head that a test changes line by line. Starts as an upgrade without fields.
class RequestBuilder {
 public:
  // Appends a line.
  RequestBuilder& Add(std::string_view name, std::string_view value);
  // Puts a line in front of all others.
  RequestBuilder& Prepend(std::string_view name, std::string_view value);
  // Sets another value for the only line of this exact name.
  RequestBuilder& Set(std::string_view name, std::string_view value);
  // Removes all lines of this exact name.
  RequestBuilder& Remove(std::string_view name);
  // Removes all lines of this name, in any letter case.
  RequestBuilder& RemoveAll(std::string_view name);
  RequestBuilder& SetUpgrade(bool is_upgrade);
  // Joins all lines of this name, in any letter case, into one at the place of the first, as Envoy does with some.
  RequestBuilder& Join(std::string_view name);

  // Valid until the builder changes or goes.
  RequestView view();

 private:
  std::vector<std::pair<std::string, std::string>> lines_;
  std::vector<http::Field> fields_;
  bool is_upgrade_ = true;
};

// Returns the head that a chat behind CloudFront and an ALB received from a browser, all lines in order. The viewer's
// address is from a range for documentation.
RequestBuilder GenuineRequest();

// Returns the connection of that request, from an ALB node.
ConnectionFacts GenuineConnection();

// Returns a connection of this peer without a PROXY header.
ConnectionFacts ConnectionFrom(std::string_view peer);

// The same request and connections as they come by a Network Load Balancer, and directly: there is no ALB that adds to
// X-Forwarded-For.
RequestBuilder UnbalancedRequest();
ConnectionFacts NlbConnection();
ConnectionFacts DirectConnection();

// Returns the settings of that chat's operator: the built-in ranges, its host and origin, everything enforced.
PolicySpec GenuineSpec();

// The same for mode NLB, and for mode DIRECT with nobody who may ask for the health path.
PolicySpec NlbSpec();
PolicySpec DirectSpec();

// The same spec with a secret in X-Origin-Verify, of two generations: "current" and "next".
inline constexpr std::string_view kCurrentSecret = "correct-horse-battery-staple";
inline constexpr std::string_view kNextSecret = "staple-battery-horse-correct-correct";
PolicySpec WithSecret(PolicySpec spec);

// Returns the policy of a valid spec; ends the process if the spec is invalid.
std::shared_ptr<const Policy> PolicyOf(const PolicySpec& spec);

// Returns a valid address; ends the process if the text is not one.
ip::IpAddress AddressOf(std::string_view text);

}  // namespace viaduct::filter
