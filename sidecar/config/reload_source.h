#pragma once

#include <cstdint>

#include "text/closed_list.h"

namespace viaduct::sidecar {

// The sources of the settings in force. Each is reloaded on its own: a broken source blocks no other.
enum class ReloadSource : std::uint8_t {
  kConfig,       // the config file
  kRanges,       // edge_ranges.file
  kRefresh,      // what edge_ranges.refresh fetches
  kSecrets,      // the files of vpc_origin.secret
  kCertificate,  // the files of listener_tls
};

inline constexpr auto kReloadSources = text::ClosedListOf<ReloadSource>({
    {ReloadSource::kConfig, "config"},
    {ReloadSource::kRanges, "ranges"},
    {ReloadSource::kRefresh, "refresh"},
    {ReloadSource::kSecrets, "secrets"},
    {ReloadSource::kCertificate, "certificate"},
});

}  // namespace viaduct::sidecar
