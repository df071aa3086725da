#include "sidecar/tunnel/tunnel_view.h"

#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>

#include "absl/strings/str_split.h"
#include "ip/ip_address.h"
#include "ops/log/json_line.h"
#include "text/percent_encoding.h"
#include "text/text_buffer.h"

namespace viaduct::sidecar {
namespace {

// Returns `,"key":"prefix`. Quotes in values are escaped, so a record contains it only where such a member begins.
std::string MemberBegin(const ops::JsonKey& key, std::string_view prefix) {
  if (prefix.empty()) return "";
  text::TextBuffer object;
  ops::JsonLine(&object).String(key, prefix);
  std::string member(object.view());
  member.front() = ',';
  member.pop_back();
  return member;
}

bool Contains(std::string_view record, std::string_view member) {
  return member.empty() || record.find(member) != std::string_view::npos;
}

// True if the record has a viewer whose address is in `range`.
bool IsFrom(std::string_view record, const ip::AddressPrefix& range) {
  constexpr std::string_view kViewer = R"(,"viewer":")";
  const std::size_t begin = record.find(kViewer);
  if (begin == std::string_view::npos) return false;
  record.remove_prefix(begin + kViewer.size());
  const std::optional<ip::IpAddress> viewer = ip::IpAddress::Parse(record.substr(0, record.find('"')));
  return viewer.has_value() && range.Contains(*viewer);
}

// Decodes form encoding, in which a "+" is a space.
std::string Decoded(std::string_view text) {
  std::string encoded(text);
  std::replace(encoded.begin(), encoded.end(), '+', ' ');
  return text::PercentDecoded(encoded);
}

// Returns the value of the first "room" parameter.
std::string RoomOf(std::string_view query) {
  constexpr std::string_view kRoom = "room=";
  while (!query.empty()) {
    const std::string_view parameter = query.substr(0, query.find('&'));
    if (parameter.substr(0, kRoom.size()) == kRoom) return Decoded(parameter.substr(kRoom.size()));
    query.remove_prefix(parameter.size() == query.size() ? query.size() : parameter.size() + 1);
  }
  return "";
}

}  // namespace

TunnelRequest TunnelRequest::FromRecord(std::string_view record) {
  google::protobuf::Struct object;
  const std::string json = std::string(record) + "}";
  TunnelRequest request;
  if (!google::protobuf::util::JsonStringToMessage(json, &object).ok()) return request;
  const auto text = [&object](const char* key) {
    const auto found = object.fields().find(key);
    return found == object.fields().end() ? std::string() : found->second.string_value();
  };
  const std::string target = text("target");
  const std::size_t path_end = std::min(target.find('?'), target.size());
  request.peer = text("peer");
  request.viewer = text("viewer");
  request.edge = text("edge");
  request.host = text("host");
  request.path = target.substr(0, path_end);
  request.room = RoomOf(std::string_view(target).substr(std::min(path_end + 1, target.size())));
  request.cloudfront_id = text("cloudfrontId");
  request.trace_id = text("traceId");
  request.user_agent = text("userAgent");
  request.secret_generation = text("secretGeneration");
  request.would_deny = absl::StrSplit(text("wouldDeny"), ',', absl::SkipEmpty());
  return request;
}

TunnelFilter::TunnelFilter(const Spec& spec)
    : target_(MemberBegin("target", spec.target_prefix)),
      viewer_(spec.viewer_range),
      idle_for_(spec.idle_for),
      open_for_(spec.open_for) {}

bool TunnelFilter::Matches(std::string_view record, net::Clock::time_point opened, net::Clock::time_point last_data,
                           net::Clock::time_point now) const {
  return now - last_data >= idle_for_ && now - opened >= open_for_ && Contains(record, target_) &&
         (!viewer_ || IsFrom(record, *viewer_));
}

}  // namespace viaduct::sidecar
