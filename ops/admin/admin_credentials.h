#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ops/admin/admin_listener.h"
#include "ops/admin/admin_tls.h"
#include "ops/admin/admin_tokens.h"
#include "ops/config/reload_thread.h"
#include "ops/config/watched_files.h"
#include "ops/log/logger.h"
#include "ops/metrics/metrics_page.h"
#include "ops/metrics/reload_counts.h"

namespace viaduct::ops {

// The credentials that the admin API's port shows and requires, from files that may change while the program runs. A
// thread of its own checks the files each second and takes changes over as a whole. Missing or broken files change
// nothing: the last good content stays in force. Each attempt is logged and counted as the reload of a source,
// "admin_tokens" or "admin_certificate". A removed token is refused from then on, but streams that it opened continue.
// New certificates apply to new connections.
//
// Thread-safe.
class AdminCredentials {
 public:
  // Begins with the content that the listener read from its files. Content that came from no file never changes.
  // `logger` and `counts` must outlive it.
  AdminCredentials(const AdminListener& listener, const Logger* logger, ReloadCounts* counts);
  ~AdminCredentials();
  AdminCredentials(const AdminCredentials&) = delete;
  AdminCredentials& operator=(const AdminCredentials&) = delete;

  // Returns the name of the token in "Bearer TOKEN", "unnamed" if it has none; "" if the token is not live.
  std::string NameOf(std::string_view authorization) const;
  // Returns the TLS material; another object whenever the content changed; null without TLS.
  std::shared_ptr<const AdminTls> tls() const;

  // Asks the thread to read the files again, including unchanged ones; returns at once.
  void RequestReload();
  // The same, but waits; returns the errors of all sources that failed.
  absl::Status Reload();

  // Adds viaduct_admin_certificate_expiry_seconds; this must outlive the page.
  void AddMetrics(MetricsPage* page) const;

 private:
  using How = WatchedFiles::How;
  using Outcome = WatchedFiles::Outcome;

  std::shared_ptr<const AdminTokens> tokens() const;
  // The functions below run on the thread.
  absl::Status LookOnce(How how);
  absl::StatusOr<Outcome> ReadTokens();
  absl::StatusOr<Outcome> ReadTls();
  void Tell(std::string_view source, const absl::Status& status) const;

  const std::string token_path_;
  const AdminTlsFiles tls_paths_;
  const Logger* const logger_;
  ReloadCounts* const counts_;
  // Used only by the thread.
  WatchedFiles token_file_;
  WatchedFiles tls_files_;

  mutable std::mutex mutex_;
  std::shared_ptr<const AdminTokens> tokens_;  // under `mutex_`
  std::shared_ptr<const AdminTls> tls_;        // under `mutex_`

  ReloadThread thread_;  // not started without files
};

}  // namespace viaduct::ops
