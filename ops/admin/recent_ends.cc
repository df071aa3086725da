#include "ops/admin/recent_ends.h"

#include <google/protobuf/util/json_util.h>
#include <google/protobuf/util/time_util.h>

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "ops/admin/admin_error.h"

namespace viaduct::ops {
namespace {

constexpr std::size_t kMinIdBytes = 8;
constexpr std::size_t kMaxIdBytes = 256;
constexpr std::int32_t kDefaultAnswers = 20;
constexpr std::int32_t kMaxAnswers = 100;

// The members of log lines that hold an id.
constexpr std::string_view kIds[] = {"cloudfrontId", "traceId", "tunnel", "id"};
constexpr std::string_view kViewer = "viewer";

// True if `id` stands in a log line as it is.
bool IsPlain(std::string_view id) {
  return std::ranges::all_of(id, [](char c) { return absl::ascii_isgraph(c) && c != '"' && c != '\\'; });
}

std::string_view TextOf(const google::protobuf::Struct& fields, std::string_view name) {
  const auto field = fields.fields().find(std::string(name));
  return field == fields.fields().end() ? std::string_view() : field->second.string_value();
}

// Returns the most answers to a request with this `page_size`, which is not negative.
int MostOf(std::int32_t page_size) { return std::min(page_size == 0 ? kDefaultAnswers : page_size, kMaxAnswers); }

void KeepNewestOf(int most, RecentEndsQuery::Ends* ends) {
  std::ranges::sort(*ends, [](const auto& a, const auto& b) { return a.time() > b.time(); });
  if (ends->size() > most) ends->DeleteSubrange(most, ends->size() - most);
}

}  // namespace

grpc::Status RecentEndsQuery::Read(std::string_view id, std::int32_t page_size) {
  if (id.empty()) return InvalidField("id", "is required");
  if (page_size < 0) return InvalidField("page_size", "must not be negative");
  most_ = static_cast<std::size_t>(MostOf(page_size));
  address_ = ip::IpAddress::Parse(id);
  if (address_.has_value()) {
    text_ = "\"" + std::string(kViewer) + "\":\"" + address_->ToString() + "\"";
    return grpc::Status::OK;
  }
  if (id.size() < kMinIdBytes || id.size() > kMaxIdBytes || !IsPlain(id)) {
    return InvalidField("id", "is neither an address nor 8 to 256 characters of an id");
  }
  id_ = id;
  text_ = "\"" + id_;
  return grpc::Status::OK;
}

bool RecentEndsQuery::Matches(const google::protobuf::Struct& fields) const {
  if (address_.has_value()) return ip::IpAddress::Parse(TextOf(fields, kViewer)) == address_;
  return std::ranges::any_of(kIds, [&](std::string_view name) { return TextOf(fields, name).starts_with(id_); });
}

RecentEndsQuery::Ends RecentEndsQuery::Select(const std::vector<std::string>& lines) const {
  Ends found;
  for (const std::string& line : lines) {
    admin::v1::RecentEnd end;
    google::protobuf::Struct* const fields = end.mutable_fields();
    if (!google::protobuf::util::JsonStringToMessage(line, fields).ok() || !Matches(*fields)) continue;
    if (!google::protobuf::util::TimeUtil::FromString(std::string(TextOf(*fields, "time")), end.mutable_time())) {
      continue;
    }
    end.set_kind(std::string(TextOf(*fields, "msg")));
    *found.Add() = std::move(end);
  }
  KeepNewestOf(static_cast<int>(most_), &found);
  return found;
}

void RecentEndsQuery::KeepNewest(std::int32_t page_size, Ends* ends) { KeepNewestOf(MostOf(page_size), ends); }

}  // namespace viaduct::ops
