#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "ip/ip_address.h"
#include "net/mutex.h"

namespace viaduct::net {

// Counts what each viewer has open, of two kinds that its user names, so that no viewer takes what all share.
//
// A viewer is one IPv4 address, or the first 64 bits of an IPv6 address, of which one customer has all the rest.
//
// Thread-safe. Must outlive its seats.
class AddressTally {
 private:
  struct Entry;

 public:
  static constexpr std::size_t kKinds = 2;
  using Counts = std::array<int, kKinds>;

  // Returns what one viewer may have of `all`, unless somebody decides otherwise: one of so many parts, and at least
  // 100.
  static int ShareOf(int all, int parts) { return std::max(all / parts, 100); }

  // At most one open thing of a viewer. Must be used by one thread at a time.
  //
  // Remembers its viewer between two things, so that a connection that opens one after the other for the same viewer
  // takes the lock once.
  class Seat {
   public:
    Seat() = default;
    Seat(Seat&& other) noexcept : word_(std::exchange(other.word_, nullptr)) {}
    Seat& operator=(Seat&& other) noexcept;
    ~Seat() { Forget(); }

    // Counts one more of `kind`, unless the viewer has `most` of them open already: then returns false. Any number may
    // be open if `most` is 0. What the seat counted before is counted no more.
    bool Take(AddressTally* tally, const ip::IpAddress& address, std::size_t kind, int most);
    // Counts it no more.
    void Leave();

   private:
    void Forget();

    static constexpr std::uintptr_t kTaken = 3;
    static_assert(kKinds <= kTaken);
    Entry* entry() const { return reinterpret_cast<Entry*>(word_ - taken()); }
    // 0 if it counts nothing, otherwise 1 and the kind.
    std::size_t taken() const { return reinterpret_cast<std::uintptr_t>(word_) & kTaken; }

    // The viewer's entry, `taken` bytes further, for which its alignment leaves room: there may be many idle
    // connections.
    char* word_ = nullptr;
  };

  AddressTally();
  ~AddressTally();
  AddressTally(const AddressTally&) = delete;
  AddressTally& operator=(const AddressTally&) = delete;

  // Returns what the address's viewer has open.
  Counts Of(const ip::IpAddress& address) const;
  // Returns the most of each kind that one viewer has open. Walks all viewers.
  Counts Most() const;

 private:
  struct Shard;
  using Key = std::pair<std::uint64_t, std::uint64_t>;
  static constexpr std::size_t kShards = 32;

  static Key KeyOf(const ip::IpAddress& address);
  Shard& ShardOf(const Key& key) const;
  Entry* Join(const Key& key);
  static void Part(Entry* entry);

  const std::unique_ptr<Shard[]> shards_;
};

}  // namespace viaduct::net
