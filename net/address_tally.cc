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
  word_ = std::exchange(other.word_, nullptr);
  return *this;
}

bool AddressTally::Seat::Take(AddressTally* tally, const ip::IpAddress& address, std::size_t kind, int most) {
  static_assert(alignof(Entry) > kTaken);
  Leave();
  const Key key = KeyOf(address);
  if (word_ == nullptr || entry()->key != key) {
    Forget();
    word_ = reinterpret_cast<char*>(tally->Join(key));
  }
  const int before = entry()->open[kind].fetch_add(1, std::memory_order_relaxed);
  word_ += kind + 1;
  if (most == 0 || before < most) return true;
  Leave();
  return false;
}

void AddressTally::Seat::Leave() {
  if (taken() == 0) return;
  entry()->open[taken() - 1].fetch_sub(1, std::memory_order_relaxed);
  word_ -= taken();
}

void AddressTally::Seat::Forget() {
  Leave();
  if (word_ != nullptr) Part(entry());
  word_ = nullptr;
}

}  // namespace viaduct::net
