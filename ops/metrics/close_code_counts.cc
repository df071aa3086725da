#include "ops/metrics/close_code_counts.h"

namespace viaduct::ops {

void CloseCodeCounts::AddTo(std::map<std::uint16_t, std::uint64_t>* sums) const {
  for (std::size_t i = 0; i < kOther; ++i) {
    const std::uint64_t count = counts_[i].value();
    const std::size_t code = i < kOfProtocol ? 1000 + i : 3000 + i - kOfProtocol;
    if (count > 0) (*sums)[static_cast<std::uint16_t>(code)] += count;
  }
}

std::vector<std::string> CloseCodeCounts::Labels() {
  std::vector<std::string> labels;
  for (std::size_t i = 0; i < kOfProtocol; ++i) labels.push_back(std::to_string(1000 + i));
  labels.insert(labels.end(), {"3000-3999", "4000-4999", "other"});
  return labels;
}

std::vector<std::uint64_t> CloseCodeCounts::CountsByLabel() const {
  std::vector<std::uint64_t> counts(kOfProtocol + 3);
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    const std::size_t label = i < kOfProtocol ? i : kOfProtocol + (i - kOfProtocol) / 1000;
    counts[label] += counts_[i].value();
  }
  return counts;
}

}  // namespace viaduct::ops
