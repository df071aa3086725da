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

// A thread that looks each kLookEvery, and whenever it is asked, whether there is something to take over.
//
// All methods but Start and Stop may be called from any thread.
class ReloadThread {
 public:
  static constexpr auto kLookEvery = std::chrono::seconds(1);
  // How long a caller of Reload waits at most: files may be on a file system that hangs.
  static constexpr auto kReloadTimeout = std::chrono::seconds(30);

  // What could not be taken over. Called on the thread, with kAlways if a reload was asked for.
  using Look = std::function<absl::Status(WatchedFiles::How how)>;

  ReloadThread() = default;
  ~ReloadThread() { Stop(); }
  ReloadThread(const ReloadThread&) = delete;
  ReloadThread& operator=(const ReloadThread&) = delete;

  void Start(Look look);
  // Waits for what goes on; nothing is looked at after this.
  void Stop();

  // Has it look at once.
  void Wake();
  // Asks for a reload; returns at once.
  void RequestReload();
  // Asks for a reload, waits, and returns what the look did.
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
  std::uint64_t requested_ = 0;  // reloads, counted
  std::uint64_t done_ = 0;       // of them
  absl::Status last_;            // of the last one that was done

  std::thread thread_;
};

}  // namespace viaduct::ops
