#pragma once

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "ctl/core/flag.h"
#include "ctl/options/list_options.h"

namespace google::protobuf {
class Descriptor;
class FieldDescriptor;
class Message;
}  // namespace google::protobuf

namespace viaduct::ctl {

// The order of a list by one field of its messages. A value.
class SortKey {
 public:
  // Reads "queued_bytes", "from_viewer.bytes", or with a dash before it for the largest first. An error names the
  // closest field, or all of them.
  static absl::StatusOr<SortKey> Create(const google::protobuf::Descriptor& descriptor, std::string_view text);

  // Sorts by value; texts by their bytes, times by time. What is not set comes first. Equal ones keep their order.
  template <typename Message>
  void Sort(std::vector<Message>* messages) const {
    std::vector<std::size_t> order(messages->size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
      const int compared = Compare((*messages)[a], (*messages)[b]);
      return compared == 0 ? a < b : (compared < 0) != descending_;
    });
    std::vector<Message> sorted;
    for (const std::size_t i : order) sorted.push_back(std::move((*messages)[i]));
    *messages = std::move(sorted);
  }

 private:
  int Compare(const google::protobuf::Message& a, const google::protobuf::Message& b) const;

  // The field, behind those of the messages that it is in.
  std::vector<const google::protobuf::FieldDescriptor*> path_;
  bool descending_ = false;
};

// Returns an error if `text` is not empty and not for SortKey::Create, or if the page options contradict each other.
absl::Status CheckList(const google::protobuf::Descriptor& descriptor, std::string_view text, const PageOptions& pages);

// --sort, whose completion are the fields of `descriptor`. The text is for SortKey::Create.
Flag SortFlag(const google::protobuf::Descriptor& descriptor, std::string* field);

}  // namespace viaduct::ctl
