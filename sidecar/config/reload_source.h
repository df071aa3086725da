#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace viaduct::sidecar {

// What the settings in force are made of, each read anew by itself: a broken one keeps no other from being taken.
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
