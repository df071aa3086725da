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
#include "ops/config/config_source.h"
#include "ops/config/watched_files.h"
#include "sidecar/config/config.h"
#include "sidecar/config/ranges/ranges_list.h"
#include "sidecar/config/ranges/removed_prefixes.h"
#include "sidecar/config/reload_source.h"
#include "sidecar/config/secrets/known_secrets.h"

namespace viaduct::sidecar {

// The result of one attempt to reload a source.
struct ReloadResult {
  ReloadSource source{};
  absl::Status status;  // an error names the place and the rule, never any part of a secret
  std::string warning;  // a problem with what was taken over; "" if there is none
  bool news = true;     // false: the same result as after the last attempt
};

// The config file, the files that it names, and the settings made from the last good content of each.
//
// A broken source changes nothing: its last good value stays in force, and the other sources are still taken over. A
// file that a changed config newly names is part of that change and must be good. WatchedFiles says when a broken
// source is tried and reported again. A changed file alone neither relaxes the checks (relaxation.h) nor cuts off a
// secret; an operator who asks for a reload does.
//
// Reads files whenever it is called, so it must not be used on a worker. Not thread-safe.
class ConfigSources {
 public:
  using How = ops::WatchedFiles::How;

  // Reads all sources for the first time. `config` is an argument of ops::ConfigSource.
  static absl::StatusOr<ConfigSources> Load(std::string config, net::Clock::time_point now);

  // Looks at all files. Also ends the grace time of prefixes.
  std::vector<ReloadResult> Look(How how, net::Clock::time_point now);
  // Takes over a fetched list, unless AWS made it before the one in force. nullopt notes that the list has not changed
  // since the last fetch; an error notes why the fetch failed.
  ReloadResult TakeFetched(absl::StatusOr<std::optional<filter::IpRanges>> fetched, net::Clock::time_point now);

  // The settings in force; a new object whenever any of them changed.
  const std::shared_ptr<const SidecarConfig>& config() const { return made_.config; }
  // The same settings as in the config file, with the defaults.
  const sidecar::v1::SidecarConfig& proto() const { return made_.effective; }
  // CloudFront's ranges in force, and the prefixes that were removed from the list and still count.
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
    RangesList read_list;                    // its content when it was last read
    bool refreshed = false;                  // edge_ranges.refresh is there
    RangesList list;
    RemovedPrefixes removed;
    KnownSecrets secrets;
    std::optional<admin::v1::AdminListener> admin_proto;  // the source of `admin`; nullopt before
    ops::AdminListener admin;
    std::optional<sidecar::v1::ListenerTls> tls_proto;  // the source of `tls`; nullopt without
    std::string tls_text;                               // of its files
    std::shared_ptr<const net::TlsContext> tls;
    sidecar::v1::SidecarConfig effective;
    std::shared_ptr<const SidecarConfig> config;
  };
  using Outcome = ops::WatchedFiles::Outcome;

  explicit ConfigSources(std::string config) : config_source_(std::move(config)) {}

  const ops::WatchedFiles& files(ReloadSource source) const { return files_[kReloadSources.Index(source)]; }
  ops::WatchedFiles& files(ReloadSource source) { return files_[kReloadSources.Index(source)]; }

  absl::StatusOr<Outcome> Try(ReloadSource source, How how, net::Clock::time_point now, std::string* warning);
  absl::StatusOr<Outcome> TryConfig(How how, net::Clock::time_point now);
  absl::StatusOr<Outcome> TryRanges(net::Clock::time_point now, std::string* warning);
  absl::StatusOr<Outcome> TrySecrets(How how, net::Clock::time_point now);
  absl::StatusOr<Outcome> TryCertificate(net::Clock::time_point now);
  // Puts the candidate in force if it makes valid settings that need no restart and, unless an operator asks (kAlways),
  // relax no check.
  absl::Status Take(Made candidate, How how, net::Clock::time_point now);
  // Returns readers for the candidate's config: known sources keep their last good content, others are read.
  static ConfigReaders ReadersOf(Made* candidate, net::Clock::time_point now);
  static absl::StatusOr<filter::PolicyInputs> FollowPolicy(const filter::v1::VpcOrigin& message, Made* candidate,
                                                           net::Clock::time_point now);
  static absl::StatusOr<ops::AdminListener> FollowAdmin(const admin::v1::AdminListener& message, Made* candidate);
  static absl::StatusOr<std::shared_ptr<const net::TlsContext>> FollowTls(const sidecar::v1::ListenerTls& message,
                                                                          Made* candidate);
  static void ReplaceList(Made* candidate, RangesList list, net::Clock::time_point now);
  void WatchFiles();

  ops::ConfigSource config_source_;
  Made made_;
  std::array<ops::WatchedFiles, kReloadSources.size()> files_;  // none for kRefresh
  std::string refresh_failure_;
};

}  // namespace viaduct::sidecar
