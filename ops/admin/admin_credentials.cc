#include "ops/admin/admin_credentials.h"

#include <chrono>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "text/ascii.h"

namespace viaduct::ops {
namespace {

using SteadyClock = std::chrono::steady_clock;
using SystemClock = std::chrono::system_clock;

constexpr std::string_view kScheme = "Bearer ";  // in any letter case (RFC 9110 section 11.1)
constexpr std::string_view kTokens = "admin_tokens";
constexpr std::string_view kCertificate = "admin_certificate";

ReloadCounts::Source ReadIf(bool read) { return read ? ReloadCounts::Source::kRead : ReloadCounts::Source::kNotRead; }

}  // namespace

AdminCredentials::AdminCredentials(const AdminListener& listener, const Logger* logger, ReloadCounts* counts)
    : token_path_(listener.tcp.has_value() ? listener.tcp->bearer_token_file : ""),
      tls_paths_(listener.tcp.has_value() ? listener.tcp->tls_files : AdminTlsFiles()),
      logger_(logger),
      counts_(counts),
      tokens_(std::make_shared<const AdminTokens>(listener.tcp.has_value() ? listener.tcp->tokens : AdminTokens())) {
  if (listener.tcp.has_value() && listener.tcp->tls.has_value()) {
    tls_ = std::make_shared<const AdminTls>(*listener.tcp->tls);
  }
  if (!token_path_.empty()) token_file_.Watch({token_path_});
  tls_files_.Watch(tls_paths_.paths());
  counts_->Add(kTokens, ReadIf(!token_file_.empty()), SystemClock::now());
  counts_->Add(kCertificate, ReadIf(!tls_files_.empty()), SystemClock::now());
  if (token_file_.empty() && tls_files_.empty()) return;
  thread_.Start([this](How how) { return LookOnce(how); });
}

AdminCredentials::~AdminCredentials() { thread_.Stop(); }

std::shared_ptr<const AdminTokens> AdminCredentials::tokens() const {
  const std::lock_guard lock(mutex_);
  return tokens_;
}

std::shared_ptr<const AdminTls> AdminCredentials::tls() const {
  const std::lock_guard lock(mutex_);
  return tls_;
}

std::string AdminCredentials::NameOf(std::string_view authorization) const {
  if (!text::EqualsIgnoreCase(authorization.substr(0, kScheme.size()), kScheme)) return "";
  const std::shared_ptr<const AdminTokens> live = tokens();
  const std::string* name = live->Find(authorization.substr(kScheme.size()));
  return name == nullptr ? "" : *name;
}

void AdminCredentials::RequestReload() { thread_.RequestReload(); }

absl::Status AdminCredentials::Reload() {
  if (token_path_.empty() && tls_paths_.paths().empty()) return absl::OkStatus();
  return thread_.Reload();
}

absl::Status AdminCredentials::LookOnce(How how) {
  const std::optional<absl::Status> tokens = token_file_.Look(how, SteadyClock::now(), [this] { return ReadTokens(); });
  const std::optional<absl::Status> tls = tls_files_.Look(how, SteadyClock::now(), [this] { return ReadTls(); });
  counts_->SetStale(kTokens, token_file_.stale());
  counts_->SetStale(kCertificate, tls_files_.stale());
  std::vector<std::string> failures;
  for (const auto& [source, status] : {std::pair(kTokens, tokens), std::pair(kCertificate, tls)}) {
    if (!status.has_value()) continue;
    Tell(source, *status);
    counts_->Count(source, status->ok(), SystemClock::now());
    if (!status->ok()) failures.push_back(absl::StrCat(std::string(source), ": ", status->message()));
  }
  return failures.empty() ? absl::OkStatus() : absl::FailedPreconditionError(absl::StrJoin(failures, "; "));
}

absl::StatusOr<AdminCredentials::Outcome> AdminCredentials::ReadTokens() {
  absl::StatusOr<AdminTokens> read = AdminTokens::Read(token_path_);
  if (!read.ok()) {
    return absl::InvalidArgumentError(absl::StrCat("admin.tcp.bearer_token_file: ", read.status().message()));
  }
  if (*read == *tokens()) return Outcome::kSame;
  auto next = std::make_shared<const AdminTokens>(*std::move(read));
  const std::lock_guard lock(mutex_);
  tokens_ = std::move(next);
  return Outcome::kTaken;
}

absl::StatusOr<AdminCredentials::Outcome> AdminCredentials::ReadTls() {
  absl::StatusOr<AdminTls> read = AdminTls::Read(tls_paths_);
  if (!read.ok()) return read.status();
  if (*read == *tls()) return Outcome::kSame;
  auto next = std::make_shared<const AdminTls>(*std::move(read));
  const std::lock_guard lock(mutex_);
  tls_ = std::move(next);
  return Outcome::kTaken;
}

void AdminCredentials::Tell(std::string_view source, const absl::Status& status) const {
  if (status.ok()) return logger_->Log(LogLevel::kInfo, SystemClock::now(), "reloaded", {{"source", source}});
  logger_->Log(LogLevel::kWarn, SystemClock::now(), "reload failed",
               {{"source", source}, {"error", std::string(status.message())}});
}

void AdminCredentials::AddMetrics(MetricsPage* page) const {
  page->AddGauge("viaduct_admin_certificate_expiry_seconds",
                 "When the certificate of the admin API ends, in seconds since 1970; 0 without TLS.", [this] {
                   const std::shared_ptr<const AdminTls> shown = tls();
                   if (shown == nullptr) return 0.0;
                   return std::chrono::duration<double>(shown->expires.time_since_epoch()).count();
                 });
}

}  // namespace viaduct::ops
