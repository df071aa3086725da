#include "sidecar/config/config_warnings.h"

#include <chrono>

#include "filter/policy.h"

namespace viaduct::sidecar {

std::vector<std::string> ConfigWarnings(const SidecarConfig& config) {
  using filter::Enforcement;
  const filter::CheckEnforcements& checks = config.policy->enforcements();
  const bool host = config.vpc_origin.hosts_size() > 0 && checks.host == Enforcement::kEnforce;
  const bool origin = config.vpc_origin.origins_size() > 0 && checks.origin == Enforcement::kEnforce;
  const bool secret = config.policy->secret().required() && checks.secret == Enforcement::kEnforce;
  if (host || origin || secret) return {};
  return {
      "vpc_origin: none of hosts, origins and secret is given and enforced, so the checks let in any CloudFront "
      "customer, any page: give hosts and origins, and a secret that only your distribution sends"};
}

void LogConfigWarnings(const SidecarConfig& config, const ops::Logger& logger) {
  for (const std::string& warning : ConfigWarnings(config)) {
    logger.Log(ops::LogLevel::kWarn, std::chrono::system_clock::now(), "the checks let much through",
               {{"warning", warning}});
  }
}

}  // namespace viaduct::sidecar
