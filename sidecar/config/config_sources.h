#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "api/admin/v1/admin_listener.pb.h"
#include "api/filter/v1/filter.pb.h"
#include "api/sidecar/v1/sidecar.pb.h"
#include "filter/ip_ranges_json.h"
#include "filter/policy_from_proto.h"
#include "net/event_loop.h"
#include "net/tls_context.h"
#include "ops/admin/admin_listener.h"
#include "ops/config/config_file.h"
#include "ops/config/watched_files.h"
#include "sidecar/config/config.h"
#include "sidecar/config/known_secrets.h"
#include "sidecar/config/ranges/ranges_list.h"
#include "sidecar/config/ranges/removed_prefixes.h"
#include "sidecar/config/reload_source.h"

namespace viaduct::sidecar {

// One attempt to take something over.
struct ReloadResult {
  ReloadSource source{};
  absl::Status status;  // an error tells where and what rule, never anything of a secret
  std::string warning;  // "", or what is odd about what was taken
  bool news = true;     // else nothing is other than after the last attempt
};

// The config file and the files that it points to, and the settings made of what was last good of each.
//
// A broken source changes nothing: its last good value stays in force, and the others are taken all the same. A file
// that the config begins to name is part of the config's change and must be good. WatchedFiles says when a broken
// source is tried and reported again.
//
// Reads files whenever it is called, so it must not be a worker's. Not thread-safe.
class ConfigSources {
 public:
  using How = ops::WatchedFiles::How;

  // Reads all for the first time.
  static absl::StatusOr<ConfigSources> Load(std::string path, net::Clock::time_point now);

  // Looks at all files. Also ends the grace time of prefixes.
  std::vector<ReloadResult> Look(How how, net::Clock::time_point now);
  // Takes a list that was fetched, unless AWS made it before the one in force; or notes that there is none other than
  // the last one (nullopt), or why there is none.
  ReloadResult TakeFetched(absl::StatusOr<std::optional<filter::IpRanges>> fetched, net::Clock::time_point now);

  // The settings in force; another object whenever anything of them changed.
  const std::shared_ptr<const SidecarConfig>& config() const { return made_.config; }
  // The same as they stand in the config file, with the defaults.
  const sidecar::v1::SidecarConfig& proto() const { return made_.effective; }
  // CloudFront's ranges in force, and what went off the list and still counts.
  const RangesList& ranges() const { return made_.list; }
  const RemovedPrefixes& removed() const { return made_.removed; }
  // True if the current content of the source could not be taken.
  bool stale(ReloadSource source) const {
    return source == ReloadSource::kRefresh ? !refresh_failure_.empty() : files(source).stale();
  }

 private:
  // The content that settings are made from, and the settings. A value, so that a candidate is a copy.
  struct Made {
    std::string text;  // of the config file
    std::optional<ops::ConfigFile> file;
    sidecar::v1::SidecarConfig proto;
    std::optional<std::string> ranges_file;  // edge_ranges.file; nullopt before the first
    RangesList read_list;                    // what it held when it was read last
    bool refreshed = false;                  // edge_ranges.refresh is there
    RangesList list;
    RemovedPrefixes removed;
    KnownSecrets secrets;
    std::optional<admin::v1::AdminListener> admin_proto;  // that `admin` was read by; nullopt before
    ops::AdminListener admin;
    std::optional<sidecar::v1::ListenerTls> tls_proto;  // that `tls` was read by; nullopt without
    std::string tls_text;                               // of its files
    std::shared_ptr<const net::TlsContext> tls;
    sidecar::v1::SidecarConfig effective;
    std::shared_ptr<const SidecarConfig> config;
  };
  using Outcome = ops::WatchedFiles::Outcome;

  explicit ConfigSources(std::string path) : path_(std::move(path)) {}

  const ops::WatchedFiles& files(ReloadSource source) const { return files_[kReloadSources.Index(source)]; }
  ops::WatchedFiles& files(ReloadSource source) { return files_[kReloadSources.Index(source)]; }

  absl::StatusOr<Outcome> Try(ReloadSource source, net::Clock::time_point now, std::string* warning);
  absl::StatusOr<Outcome> TryConfig(net::Clock::time_point now);
  absl::StatusOr<Outcome> TryRanges(net::Clock::time_point now, std::string* warning);
  absl::StatusOr<Outcome> TrySecrets(net::Clock::time_point now);
  absl::StatusOr<Outcome> TryCertificate(net::Clock::time_point now);
  // Puts the candidate in force if settings can be made of it and need no restart.
  absl::Status Take(Made candidate, net::Clock::time_point now);
  // Reads what the candidate's config points to: known sources as they were last good, and the others now.
  static ConfigReaders ReadersOf(Made* candidate, net::Clock::time_point now);
  static absl::StatusOr<filter::PolicyInputs> FollowPolicy(const filter::v1::VpcOrigin& message, Made* candidate,
                                                           net::Clock::time_point now);
  static absl::StatusOr<ops::AdminListener> FollowAdmin(const admin::v1::AdminListener& message, Made* candidate);
  static absl::StatusOr<std::shared_ptr<const net::TlsContext>> FollowTls(const sidecar::v1::ListenerTls& message,
                                                                          Made* candidate);
  static void ReplaceList(Made* candidate, RangesList list, net::Clock::time_point now);
  void WatchFiles();

  std::string path_;
  Made made_;
  std::array<ops::WatchedFiles, kReloadSources.size()> files_;  // none of kRefresh
  std::string refresh_failure_;
};

}  // namespace viaduct::sidecar
