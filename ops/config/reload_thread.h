#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>

#include "absl/status/status.h"
#include "ops/config/watched_files.h"

namespace viaduct::ops {

// A thread that checks for changes every kLookEvery, and whenever it is asked.
//
// All methods except Start and Stop may be called from any thread.
class ReloadThread {
 public:
  static constexpr auto kLookEvery = std::chrono::seconds(1);
  // The longest wait of a Reload call: files may be on a file system that hangs.
  static constexpr auto kReloadTimeout = std::chrono::seconds(30);

  // Checks for changes and returns the errors. Called on the thread, with kAlways if a reload was requested.
  using Look = std::function<absl::Status(WatchedFiles::How how)>;

  ReloadThread() = default;
  ~ReloadThread() { Stop(); }
  ReloadThread(const ReloadThread&) = delete;
  ReloadThread& operator=(const ReloadThread&) = delete;

  void Start(Look look);
  // Waits for a running check; no check starts after this.
  void Stop();

  // Makes the thread check at once.
  void Wake();
  // Requests a reload; returns at once.
  void RequestReload();
  // Requests a reload, waits, and returns its result.
  absl::Status Reload();

 private:
  void Run();

  Look look_;
  std::mutex mutex_;
  std::condition_variable wake_;      // the thread waits here
  std::condition_variable reloaded_;  // Reload waits here
  // Guarded by mutex_.
  bool stop_ = false;
  bool woken_ = false;
  std::uint64_t requested_ = 0;  // reloads requested so far
  std::uint64_t done_ = 0;       // reloads done so far
  absl::Status last_;            // the result of the last reload

  std::thread thread_;
};

}  // namespace viaduct::ops
