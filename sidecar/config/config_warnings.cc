#include "sidecar/config/config_warnings.h"

#include <chrono>

#include "absl/strings/str_cat.h"
#include "api/filter/v1/filter.pb.h"
#include "filter/policy.h"
#include "sidecar/config/ranges/wide_prefix.h"

namespace viaduct::sidecar {
namespace {

using filter::Enforcement;

// Adds a warning for each wide range of the list at `path`.
template <typename Texts>
void WarnOfWide(const std::string& path, const Texts& ranges, const std::string& why,
                std::vector<std::string>* warnings) {
  int i = 0;
  for (const std::string& range : ranges) {
    if (IsWidePrefix(range)) warnings->push_back(absl::StrCat(path, "[", i, "]: \"", range, "\": ", why));
    ++i;
  }
}

}  // namespace

std::vector<std::string> ConfigWarnings(const SidecarConfig& config) {
  std::vector<std::string> warnings;
  const bool direct = config.vpc_origin.mode() == filter::v1::DIRECT;
  WarnOfWide("vpc_origin.trusted_peers", config.vpc_origin.trusted_peers(),
             direct ? "is wider than any balancer's subnet; all of it may request the health path"
                    : "is wider than any balancer's subnet; whoever connects from it is taken for the balancer and can "
                      "state any edge and viewer",
             &warnings);
  WarnOfWide("vpc_origin.edge_ranges.extra", config.vpc_origin.edge_ranges().extra(),
             "is wider than any of CloudFront's ranges; all of it counts as CloudFront's edges", &warnings);
  if (config.authorize.has_value()) {
    WarnOfWide("authorize.trusted_proxies", config.authorize->trusted_prefixes,
               "is wider than any private network; whoever connects from it can state any peer", &warnings);
  }
  const filter::CheckEnforcements& checks = config.policy->enforcements();
  const bool host = config.vpc_origin.hosts_size() > 0 && checks.host == Enforcement::kEnforce;
  const bool origin = config.vpc_origin.origins_size() > 0 && checks.origin == Enforcement::kEnforce;
  const bool secret = config.policy->secret().required() && checks.secret == Enforcement::kEnforce;
  if (!host && !origin && !secret) {
    warnings.emplace_back(
        "vpc_origin: none of hosts, origins and secret is given and enforced, so the checks let in any CloudFront "
        "customer, any page: give hosts and origins, and a secret that only your distribution sends");
  }
  return warnings;
}

void LogConfigWarnings(const SidecarConfig& config, const ops::Logger& logger) {
  for (const std::string& warning : ConfigWarnings(config)) {
    logger.Log(ops::LogLevel::kWarn, std::chrono::system_clock::now(), "the checks let much through",
               {{"warning", warning}});
  }
}

}  // namespace viaduct::sidecar
