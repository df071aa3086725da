#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "ops/metrics/metrics.h"

namespace viaduct::ops {

// Counts Close frames by their code (RFC 6455 section 7.4): each code of the protocol (1000 to 1015) and of
// applications (3000 to 4999) by itself, and all others together.
//
// Like Counter, it is changed by one thread and read by any.
class CloseCodeCounts {
 public:
  void Add(std::uint16_t code) { counts_[IndexOf(code)].Add(); }

  // Adds the count of each code that was counted by itself, and at all, to `sums`.
  void AddTo(std::map<std::uint16_t, std::uint64_t>* sums) const;

  // The labels of codes in metrics: "1000" to "1015", "3000-3999", "4000-4999" and "other". Applications choose codes,
  // and peers must not be able to make labels without end.
  static std::vector<std::string> Labels();
  // The counts behind Labels(), in their order.
  std::vector<std::uint64_t> CountsByLabel() const;

 private:
  static constexpr std::size_t kOfProtocol = 16;
  static constexpr std::size_t kOfApplications = 2000;
  static constexpr std::size_t kOther = kOfProtocol + kOfApplications;
  static constexpr std::size_t IndexOf(std::uint16_t code) {
    if (code >= 1000 && code < 1000 + kOfProtocol) return code - 1000u;
    if (code >= 3000 && code < 3000 + kOfApplications) return kOfProtocol + code - 3000u;
    return kOther;
  }

  std::array<Counter, kOther + 1> counts_;
};

}  // namespace viaduct::ops
