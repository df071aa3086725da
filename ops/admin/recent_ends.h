#pragma once

#include <grpcpp/grpcpp.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/admin/v1/recent_ends.pb.h"
#include "ip/ip_address.h"

namespace viaduct::ops {

// A question for RecentLines: what became of a viewer's requests and connections? It names an X-Amz-Cf-Id, an
// X-Amzn-Trace-Id, a tunnel's or connection's id, or the first characters of one, or a viewer's address. A value.
class RecentEndsQuery {
 public:
  // Reads the fields "id" and "page_size" of a request. INVALID_ARGUMENT names the field.
  grpc::Status Read(std::string_view id, std::int32_t page_size);

  // A text that all lines have that answer the question, and some others may have.
  const std::string& text() const { return text_; }
  // The most answers.
  std::size_t most() const { return most_; }
  using Ends = google::protobuf::RepeatedPtrField<admin::v1::RecentEnd>;
  // Returns those of the lines that answer the question, the newest first and at most `most`.
  Ends Select(const std::vector<std::string>& lines) const;
  // Orders answers in this way, and drops what is too much, for a request with this `page_size`.
  static void KeepNewest(std::int32_t page_size, Ends* ends);

 private:
  bool Matches(const google::protobuf::Struct& fields) const;

  std::string id_;
  std::optional<ip::IpAddress> address_;
  std::string text_;
  std::size_t most_ = 0;
};

}  // namespace viaduct::ops
