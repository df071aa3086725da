#pragma once

#include <cstddef>
#include <string_view>

namespace viaduct::filter {

// The last two members of a request's X-Forwarded-For, over all its lines joined in order.
//
// Only these two can come from somebody we trust. Everything left of them is the viewer's own invention and is ignored,
// however long it is. Every comma separates, quoted or not, and an empty member counts as a member: skipping it would
// count from a place that the sender chose. Views point into the lines that were added.
class ForwardedTail {
 public:
  // Adds the value of the next line.
  void AddLine(std::string_view value);

  // The number of members: 0, 1, or 2 for two and more.
  std::size_t count() const { return count_; }
  // The last member without the white space around it; empty when there is none.
  std::string_view last() const { return last_; }
  // The member before the last one.
  std::string_view before_last() const { return before_last_; }

 private:
  std::size_t count_ = 0;
  std::string_view last_;
  std::string_view before_last_;
};

}  // namespace viaduct::filter
