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

// What the admin API's port shows and asks for, from files that may change while the program runs: looked at each
// second, on a thread of its own, and taken over whole. Files that are missing or broken change nothing: what was last
// good stays, which is told and counted as the reload of a source, "admin_tokens" or "admin_certificate". A token that
// is taken away is refused from then on, streams that it opened go on; certificates are for new connections.
//
// Thread-safe.
class AdminCredentials {
 public:
  // Begins with what the listener's files held. What came from no file stays for ever. `logger` and `counts` must
  // outlive it.
  AdminCredentials(const AdminListener& listener, const Logger* logger, ReloadCounts* counts);
  ~AdminCredentials();
  AdminCredentials(const AdminCredentials&) = delete;
  AdminCredentials& operator=(const AdminCredentials&) = delete;

  // The name of the token in "Bearer TOKEN", "unnamed" if it has none; "" if it is not a live one.
  std::string NameOf(std::string_view authorization) const;
  // Another object whenever the content is another; null without TLS.
  std::shared_ptr<const AdminTls> tls() const;

  // Reads the files again, also unchanged ones; returns at once.
  void RequestReload();
  // Reads the files again and waits. What went wrong, of each source that did.
  absl::Status Reload();

  // Adds viaduct_admin_certificate_expiry_seconds; this must outlive the page.
  void AddMetrics(MetricsPage* page) const;

 private:
  using How = WatchedFiles::How;
  using Outcome = WatchedFiles::Outcome;

  std::shared_ptr<const AdminTokens> tokens() const;
  // The thread's.
  absl::Status LookOnce(How how);
  absl::StatusOr<Outcome> ReadTokens();
  absl::StatusOr<Outcome> ReadTls();
  void Tell(std::string_view source, const absl::Status& status) const;

  const std::string token_path_;
  const AdminTlsFiles tls_paths_;
  const Logger* const logger_;
  ReloadCounts* const counts_;
  // The thread's own.
  WatchedFiles token_file_;
  WatchedFiles tls_files_;

  mutable std::mutex mutex_;
  std::shared_ptr<const AdminTokens> tokens_;  // under `mutex_`
  std::shared_ptr<const AdminTls> tls_;        // under `mutex_`

  ReloadThread thread_;  // not started without files
};

}  // namespace viaduct::ops
