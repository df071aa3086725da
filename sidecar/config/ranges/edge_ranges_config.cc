#include "sidecar/config/ranges/edge_ranges_config.h"

#include "absl/status/status.h"
#include "ops/config/duration_field.h"
#include "ops/program/http_call.h"
#include "text/field_error.h"

namespace viaduct::sidecar {

absl::StatusOr<EdgeRangesConfig> EdgeRangesConfig::Create(const filter::v1::EdgeRanges& proto) {
  EdgeRangesConfig config;
  config.file = proto.file();
  config.removal_grace = ops::ToMilliseconds(proto.removal_grace());
  config.max_age = ops::ToMillisecondsOrOff(proto.max_age());
  if (!proto.has_refresh()) return config;
  const filter::v1::RangesRefresh& refresh = proto.refresh();
  if (const absl::Status status = ops::CheckHttpsUrl(refresh.url()); !status.ok()) {
    return text::AtField("vpc_origin.edge_ranges.refresh.url", status);
  }
  config.refresh = {.url = refresh.url(),
                    .interval = ops::ToMilliseconds(refresh.interval()),
                    .timeout = ops::ToMilliseconds(refresh.timeout()),
                    .ca_file = refresh.ca_file()};
  return config;
}

}  // namespace viaduct::sidecar
