#pragma once

#include <google/protobuf/duration.pb.h>
#include <google/protobuf/timestamp.pb.h>
#include <grpcpp/grpcpp.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "ip/address_ranges.h"

namespace viaduct::ops {

// Functions that the admin services of both programs share: deadlines, times, texts, spans of time, addresses and pages
// of calls. Thread-safe, without state.

// Returns until when a caller may be kept waiting: its own deadline, but at most ten seconds.
std::chrono::steady_clock::time_point DeadlineOf(const grpc::ServerContext& context);

google::protobuf::Timestamp ToTimestamp(std::chrono::system_clock::time_point time);
google::protobuf::Duration ToDuration(std::chrono::nanoseconds duration);

// Makes a proto string, which must be UTF-8, from text of the wire. If it is not UTF-8, bytes above ASCII become '?'.
std::string ToUtf8(std::string text);

// Reads a span of time from a request into `span`; it must not be negative. If `is_set` is false, the field is absent
// and `span` stays unchanged.
grpc::Status ReadSpan(const std::string& field, bool is_set, const google::protobuf::Duration& value,
                      std::chrono::nanoseconds* span);

// Reads the time over which closes are spread: the same, and at most 24h.
grpc::Status ReadSpread(bool is_set, const google::protobuf::Duration& value, std::chrono::nanoseconds* spread);

// Returns a duration in whole seconds, rounded up, for the audit log: "90s".
std::string DurationText(const google::protobuf::Duration& duration);

// Reads a range of addresses from a request, a prefix or a single address. "" leaves `range` unchanged.
grpc::Status ReadRange(const std::string& field, const std::string& text, std::optional<ip::AddressPrefix>* range);

// Returns the size of a page for a request's `page_size`, which is not negative: 0 means 100, and 1000 is the maximum.
std::size_t PageSize(std::int32_t page_size);
// A page ends early at this size: a gRPC client accepts 4 MiB unless configured otherwise.
inline constexpr std::size_t kMaxPageBytes = std::size_t{2} << 20;

// Make a token for a position, opaque to callers, and read it back. ReadPageToken returns "" for the token "" of a
// first page, and nullopt for anything that is not our token.
std::string MakePageToken(std::string_view position);
std::optional<std::string> ReadPageToken(const std::string& token);

}  // namespace viaduct::ops
