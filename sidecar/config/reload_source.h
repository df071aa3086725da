#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace viaduct::sidecar {

// The sources of the settings in force. Each is reloaded on its own: a broken source blocks no other.
enum class ReloadSource : std::uint8_t {
  kConfig,       // the config file
  kRanges,       // edge_ranges.file
  kRefresh,      // what edge_ranges.refresh fetches
  kSecrets,      // the files of vpc_origin.secret
  kCertificate,  // the files of listener_tls
};

inline constexpr std::size_t kReloadSourceCount = 5;
inline constexpr std::array<std::string_view, kReloadSourceCount> kReloadSourceNames = {"config", "ranges", "refresh",
                                                                                        "secrets", "certificate"};
// The one spelling in logs, metrics and docs.
inline std::string_view ReloadSourceName(ReloadSource source) {
  return kReloadSourceNames[static_cast<std::size_t>(source)];
}

}  // namespace viaduct::sidecar
