#include "sidecar/config/edge_ranges_config.h"

#include <chrono>
#include <string_view>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "ops/program/http_call.h"
#include "text/string_view.h"

namespace viaduct::sidecar {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

constexpr const char* kAwsUrl = "https://ip-ranges.amazonaws.com/ip-ranges.json";

EdgeRangesConfig::Refresh ReadRefresh(filter::v1::RangesRefresh* proto, ops::FieldChecker* check) {
  EdgeRangesConfig::Refresh refresh;
  if (proto->url().empty()) proto->set_url(kAwsUrl);
  refresh.url = proto->url();
  if (const absl::Status status = ops::CheckHttpsUrl(refresh.url); !status.ok()) {
    check->Fail("vpc_origin.edge_ranges.refresh.url", text::ToStd(status.message()));
  }
  refresh.interval = check->Positive("vpc_origin.edge_ranges.refresh.interval", proto->has_interval(),
                                     proto->mutable_interval(), hours(24));
  refresh.timeout = check->Positive("vpc_origin.edge_ranges.refresh.timeout", proto->has_timeout(),
                                    proto->mutable_timeout(), seconds(30));
  refresh.ca_file = proto->ca_file();
  return refresh;
}

}  // namespace

EdgeRangesConfig ReadEdgeRanges(filter::v1::EdgeRanges* proto, ops::FieldChecker* check) {
  EdgeRangesConfig config;
  config.file = proto->file();
  config.removal_grace = check
                             ->OrOff("vpc_origin.edge_ranges.removal_grace", proto->has_removal_grace(),
                                     proto->mutable_removal_grace(), hours(24))
                             .value_or(EdgeRangesConfig::Duration::zero());
  config.max_age =
      check->OrOff("vpc_origin.edge_ranges.max_age", proto->has_max_age(), proto->mutable_max_age(), hours(24 * 120));
  if (proto->has_refresh()) config.refresh = ReadRefresh(proto->mutable_refresh(), check);
  return config;
}

}  // namespace viaduct::sidecar
