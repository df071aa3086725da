#include "ops/admin/admin_error.h"

#include <google/protobuf/util/time_util.h>

#include <algorithm>
#include <cstddef>

#include "absl/strings/ascii.h"
#include "third_party/google/rpc/error_details.pb.h"
#include "third_party/google/rpc/status.pb.h"

namespace viaduct::ops {
namespace {

constexpr auto kRetryDelay = std::chrono::seconds(1);

// A status with details, which are added to a code and a message.
class Details {
 public:
  Details(grpc::StatusCode code, std::string_view reason, std::string_view message) {
    status_.set_code(code);
    status_.set_message(std::string(message));
    google::rpc::ErrorInfo info;
    info.set_reason(std::string(reason));
    info.set_domain(std::string(kErrorDomain));
    Add(info);
  }

  void Add(const google::protobuf::Message& detail) { status_.add_details()->PackFrom(detail); }

  grpc::Status Finish() const {
    return {static_cast<grpc::StatusCode>(status_.code()), status_.message(), status_.SerializeAsString()};
  }

 private:
  google::rpc::Status status_;
};

std::string_view ReasonOf(absl::StatusCode code) {
  switch (code) {
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kOutOfRange:
      return "INVALID_FIELD";
    case absl::StatusCode::kNotFound:
      return "RESOURCE_NOT_FOUND";
    case absl::StatusCode::kDeadlineExceeded:
      return "WORKER_BUSY";
    case absl::StatusCode::kResourceExhausted:
      return "TOO_MUCH_WAITING";
    case absl::StatusCode::kFailedPrecondition:
      return "WRONG_STATE";
    case absl::StatusCode::kUnavailable:
      return "STOPPING";
    default:
      return "INTERNAL";
  }
}

// Returns the field in "page_size: must not be negative", or "" if the message does not begin with one.
std::string_view FieldOf(std::string_view message) {
  const std::size_t colon = message.find(": ");
  if (colon == std::string_view::npos) return {};
  const std::string_view field = message.substr(0, colon);
  const bool path = std::all_of(field.begin(), field.end(), [](unsigned char c) {
    return absl::ascii_isalnum(c) || c == '_' || c == '.' || c == '[' || c == ']';
  });
  return path ? field : std::string_view();
}

}  // namespace

grpc::Status InvalidField(const std::string& field, const std::string& rule) {
  Details details(grpc::StatusCode::INVALID_ARGUMENT, "INVALID_FIELD", field + ": " + rule);
  google::rpc::BadRequest bad;
  google::rpc::BadRequest::FieldViolation* violation = bad.add_field_violations();
  violation->set_field(field);
  violation->set_description(rule);
  details.Add(bad);
  return details.Finish();
}

grpc::Status NoSuchResource(std::string_view type, std::string_view name, std::string_view message) {
  Details details(grpc::StatusCode::NOT_FOUND, "RESOURCE_NOT_FOUND", message);
  google::rpc::ResourceInfo resource;
  resource.set_resource_type(std::string(type));
  resource.set_resource_name(std::string(name));
  resource.set_description(std::string(message));
  details.Add(resource);
  return details.Finish();
}

grpc::Status RefusedCall(grpc::StatusCode code, std::string_view reason, std::string_view message,
                         std::optional<std::chrono::nanoseconds> retry_delay) {
  Details details(code, reason, message);
  if (retry_delay.has_value()) {
    google::rpc::RetryInfo retry;
    *retry.mutable_retry_delay() =
        google::protobuf::util::TimeUtil::NanosecondsToDuration(static_cast<std::int64_t>(retry_delay->count()));
    details.Add(retry);
  }
  return details.Finish();
}

grpc::Status ToGrpc(const absl::Status& status) { return ToGrpc(status, {}, {}); }

grpc::Status ToGrpc(const absl::Status& status, std::string_view type, std::string_view name) {
  if (status.ok()) return grpc::Status::OK;
  const std::string_view message(status.message().data(), status.message().size());
  if (absl::IsNotFound(status) && !name.empty()) return NoSuchResource(type, name, message);
  if (absl::IsInvalidArgument(status)) {
    const std::string_view field = FieldOf(message);
    if (!field.empty()) return InvalidField(std::string(field), std::string(message.substr(field.size() + 2)));
  }
  const bool passes = absl::IsResourceExhausted(status) || absl::IsUnavailable(status);
  // The code numbers are the same by definition.
  return RefusedCall(static_cast<grpc::StatusCode>(status.code()), ReasonOf(status.code()), message,
                     passes ? std::optional<std::chrono::nanoseconds>(kRetryDelay) : std::nullopt);
}

}  // namespace viaduct::ops
