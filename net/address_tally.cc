#include "net/address_tally.h"

namespace viaduct::net {

struct AddressTally::Entry {
  Key key;
  Shard* shard;
  int seats = 0;  // under the shard's lock
  std::array<std::atomic<int>, kKinds> open = {};
};

struct alignas(64) AddressTally::Shard {
  Mutex mutex;
  absl::flat_hash_map<Key, std::unique_ptr<Entry>> entries ABSL_GUARDED_BY(mutex);
};

AddressTally::AddressTally() : shards_(std::make_unique<Shard[]>(kShards)) {}

AddressTally::~AddressTally() = default;

AddressTally::Key AddressTally::KeyOf(const ip::IpAddress& address) {
  return {address.high(), address.is_v4() ? address.low() : 0};
}

AddressTally::Shard& AddressTally::ShardOf(const Key& key) const {
  // Fibonacci hashing: the upper bits depend on all of the key's.
  const std::uint64_t mixed = (key.first ^ key.second) * 0x9e3779b97f4a7c15;
  static_assert(kShards == 1 << 5);
  return shards_[mixed >> (64 - 5)];
}

AddressTally::Entry* AddressTally::Join(const Key& key) {
  Shard& shard = ShardOf(key);
  const MutexLock lock(&shard.mutex);
  std::unique_ptr<Entry>& entry = shard.entries[key];
  if (entry == nullptr) entry.reset(new Entry{.key = key, .shard = &shard});
  ++entry->seats;
  return entry.get();
}

void AddressTally::Part(Entry* entry) {
  Shard* const shard = entry->shard;
  const MutexLock lock(&shard->mutex);
  if (--entry->seats > 0) return;
  const Key key = entry->key;
  shard->entries.erase(key);
}

AddressTally::Counts AddressTally::Of(const ip::IpAddress& address) const {
  const Key key = KeyOf(address);
  Shard& shard = ShardOf(key);
  const MutexLock lock(&shard.mutex);
  const auto found = shard.entries.find(key);
  Counts counts = {};
  if (found == shard.entries.end()) return counts;
  for (std::size_t kind = 0; kind < kKinds; ++kind) counts[kind] = found->second->open[kind];
  return counts;
}

AddressTally::Counts AddressTally::Most() const {
  Counts most = {};
  for (std::size_t i = 0; i < kShards; ++i) {
    Shard& shard = shards_[i];
    const MutexLock lock(&shard.mutex);
    for (const auto& [key, entry] : shard.entries) {
      for (std::size_t kind = 0; kind < kKinds; ++kind) {
        most[kind] = std::max<int>(most[kind], entry->open[kind].load(std::memory_order_relaxed));
      }
    }
  }
  return most;
}

AddressTally::Seat& AddressTally::Seat::operator=(Seat&& other) noexcept {
  if (this == &other) return *this;
  Forget();
  entry_ = std::exchange(other.entry_, nullptr);
  kind_ = other.kind_;
  taken_ = std::exchange(other.taken_, false);
  return *this;
}

bool AddressTally::Seat::Take(AddressTally* tally, const ip::IpAddress& address, std::size_t kind, int most) {
  Leave();
  const Key key = KeyOf(address);
  if (entry_ == nullptr || entry_->key != key) {
    Forget();
    entry_ = tally->Join(key);
  }
  std::atomic<int>& open = entry_->open[kind];
  const int before = open.fetch_add(1, std::memory_order_relaxed);
  kind_ = static_cast<std::uint8_t>(kind);
  taken_ = true;
  if (most == 0 || before < most) return true;
  Leave();
  return false;
}

void AddressTally::Seat::Leave() {
  if (std::exchange(taken_, false)) entry_->open[kind_].fetch_sub(1, std::memory_order_relaxed);
}

void AddressTally::Seat::Forget() {
  Leave();
  if (entry_ != nullptr) Part(std::exchange(entry_, nullptr));
}

}  // namespace viaduct::net
