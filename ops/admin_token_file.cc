#include "ops/admin_token_file.h"

#include <chrono>
#include <utility>

#include "ops/quiet_thread.h"

namespace viaduct {
namespace {

constexpr auto kLookEvery = std::chrono::seconds(1);
constexpr std::string_view kScheme = "Bearer ";

}  // namespace

AdminTokenFile::AdminTokenFile(const AdminListener& listener, const Logger* logger)
    : path_(listener.tcp.has_value() ? listener.tcp->bearer_token_file : ""),
      logger_(logger),
      tokens_(std::make_shared<const AdminTokens>(listener.tcp.has_value() ? listener.tcp->tokens : AdminTokens())) {
  if (!path_.empty()) thread_ = StartQuietThread([this] { Run(); });
}

AdminTokenFile::~AdminTokenFile() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  stopped_.notify_all();
  if (thread_.joinable()) thread_.join();
}

std::shared_ptr<const AdminTokens> AdminTokenFile::tokens() const {
  const std::lock_guard lock(mutex_);
  return tokens_;
}

std::string AdminTokenFile::NameOf(std::string_view authorization) const {
  if (authorization.substr(0, kScheme.size()) != kScheme) return "";
  const std::shared_ptr<const AdminTokens> live = tokens();
  const std::string* name = live->Find(authorization.substr(kScheme.size()));
  return name == nullptr ? "" : *name;
}

void AdminTokenFile::Run() {
  std::unique_lock lock(mutex_);
  while (!stopped_.wait_for(lock, kLookEvery, [this] { return stopping_; })) {
    lock.unlock();
    LookAgain();
    lock.lock();
  }
}

void AdminTokenFile::LookAgain() {
  absl::StatusOr<AdminTokens> read = AdminTokens::Read(path_);
  const auto now = std::chrono::system_clock::now();
  if (!read.ok()) {
    std::string error(read.status().message());
    if (error == last_error_) return;
    last_error_ = std::move(error);
    logger_->Log(LogLevel::kWarn, now, "admin tokens not taken over: the last good ones stay",
                 {{"path", path_}, {"error", last_error_}});
    return;
  }
  const bool was_broken = !std::exchange(last_error_, {}).empty();
  if (*read == *tokens()) {
    if (was_broken) logger_->Log(LogLevel::kInfo, now, "admin tokens are good again", {{"path", path_}});
    return;
  }
  const std::size_t count = read->size();
  {
    const std::lock_guard lock(mutex_);
    tokens_ = std::make_shared<const AdminTokens>(*std::move(read));
  }
  logger_->Log(LogLevel::kInfo, now, "admin tokens taken over", {{"path", path_}, {"tokens", count}});
}

}  // namespace viaduct
