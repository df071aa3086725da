#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "ops/admin_listener.h"
#include "ops/admin_tokens.h"
#include "ops/logger.h"

namespace viaduct {

// The tokens of a file that may change while the program runs: read again each second, on a thread of its own, and
// taken over whole. A file that is missing or broken changes nothing: the last good tokens stay, and a warning is
// logged once. A token that is taken away is refused from then on; streams that it opened go on.
//
// Thread-safe. The logger must outlive it.
class AdminTokenFile {
 public:
  // Begins with what the listener's file held. A listener without one has no tokens, or for ever the ones it has.
  AdminTokenFile(const AdminListener& listener, const Logger* logger);
  ~AdminTokenFile();
  AdminTokenFile(const AdminTokenFile&) = delete;
  AdminTokenFile& operator=(const AdminTokenFile&) = delete;

  // The name of the token in "Bearer TOKEN", "unnamed" if it has none; "" if it is not a live one.
  std::string NameOf(std::string_view authorization) const;

 private:
  std::shared_ptr<const AdminTokens> tokens() const;
  void Run();
  void LookAgain();

  const std::string path_;
  const Logger* const logger_;
  std::string last_error_;  // the thread's own
  mutable std::mutex mutex_;
  std::condition_variable stopped_;
  std::shared_ptr<const AdminTokens> tokens_;  // under `mutex_`
  bool stopping_ = false;                      // under `mutex_`
  std::thread thread_;
};

}  // namespace viaduct
