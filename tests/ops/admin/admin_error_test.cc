#include "ops/admin/admin_error.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "third_party/google/rpc/error_details.pb.h"
#include "third_party/google/rpc/status.pb.h"

namespace viaduct::ops {
namespace {

google::rpc::Status DetailsOf(const grpc::Status& status) {
  google::rpc::Status details;
  EXPECT_TRUE(details.ParseFromString(status.error_details()));
  EXPECT_EQ(details.code(), status.error_code());
  EXPECT_EQ(details.message(), status.error_message());
  return details;
}

// Returns the detail of that kind; without fields if there is none.
template <typename Detail>
Detail Find(const grpc::Status& status) {
  const google::rpc::Status details = DetailsOf(status);
  Detail detail;
  for (const google::protobuf::Any& any : details.details()) {
    if (any.UnpackTo(&detail)) break;
  }
  return detail;
}

std::string ReasonOf(const grpc::Status& status) {
  const auto info = Find<google::rpc::ErrorInfo>(status);
  EXPECT_EQ(info.domain(), "viaduct");
  return info.reason();
}

TEST(AdminErrorTest, AnInvalidFieldIsNamedInWordsAndDetails) {
  const grpc::Status status = InvalidField("page_size", "must not be negative");
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(status.error_message(), "page_size: must not be negative");
  EXPECT_EQ(ReasonOf(status), "INVALID_FIELD");
  const auto bad = Find<google::rpc::BadRequest>(status);
  ASSERT_EQ(bad.field_violations_size(), 1);
  EXPECT_EQ(bad.field_violations(0).field(), "page_size");
  EXPECT_EQ(bad.field_violations(0).description(), "must not be negative");
}

TEST(AdminErrorTest, WhatIsNotFoundIsNamedWithItsType) {
  const grpc::Status status = ToGrpc(absl::NotFoundError("none is open"), "viaduct.admin.v1.Tunnel", "tunnels/7");
  EXPECT_EQ(status.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(status.error_message(), "none is open");
  EXPECT_EQ(ReasonOf(status), "RESOURCE_NOT_FOUND");
  const auto resource = Find<google::rpc::ResourceInfo>(status);
  EXPECT_EQ(resource.resource_type(), "viaduct.admin.v1.Tunnel");
  EXPECT_EQ(resource.resource_name(), "tunnels/7");
}

TEST(AdminErrorTest, AReasonOfItsOwnAndWhenToTryAgain) {
  const grpc::Status status = RefusedCall(grpc::StatusCode::RESOURCE_EXHAUSTED, "TOO_MANY_WATCHERS", "64 watch",
                                          std::chrono::milliseconds(1500));
  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(ReasonOf(status), "TOO_MANY_WATCHERS");
  const auto retry = Find<google::rpc::RetryInfo>(status).retry_delay();
  EXPECT_EQ(retry.seconds(), 1);
  EXPECT_EQ(retry.nanos(), 500'000'000);
  EXPECT_EQ(DetailsOf(RefusedCall(grpc::StatusCode::INTERNAL, "X", "y")).details_size(), 1);
}

TEST(AdminErrorTest, EveryCodeOfOursHasItsReason) {
  struct Row {
    absl::Status status;
    std::string reason;
    bool retry;
  };
  for (const Row& row : std::vector<Row>{{absl::InvalidArgumentError("no field"), "INVALID_FIELD", false},
                                         {absl::NotFoundError("x"), "RESOURCE_NOT_FOUND", false},
                                         {absl::DeadlineExceededError("x"), "WORKER_BUSY", false},
                                         {absl::ResourceExhaustedError("x"), "TOO_MUCH_WAITING", true},
                                         {absl::FailedPreconditionError("x"), "WRONG_STATE", false},
                                         {absl::UnavailableError("x"), "STOPPING", true},
                                         {absl::DataLossError("x"), "INTERNAL", false}}) {
    const grpc::Status status = ToGrpc(row.status);
    EXPECT_EQ(static_cast<int>(status.error_code()), static_cast<int>(row.status.code()));
    EXPECT_EQ(ReasonOf(status), row.reason);
    EXPECT_EQ(Find<google::rpc::RetryInfo>(status).has_retry_delay(), row.retry) << row.reason;
  }
  EXPECT_TRUE(ToGrpc(absl::OkStatus()).ok());
}

TEST(AdminErrorTest, WordsThatBeginWithAFieldNameIt) {
  const grpc::Status status = ToGrpc(absl::InvalidArgumentError("limits.hosts[2]: \"x\": is no host"));
  const auto bad = Find<google::rpc::BadRequest>(status);
  ASSERT_EQ(bad.field_violations_size(), 1);
  EXPECT_EQ(bad.field_violations(0).field(), "limits.hosts[2]");
  EXPECT_EQ(bad.field_violations(0).description(), "\"x\": is no host");
  EXPECT_EQ(status.error_message(), "limits.hosts[2]: \"x\": is no host");
  EXPECT_EQ(Find<google::rpc::BadRequest>(ToGrpc(absl::InvalidArgumentError("of two: one"))).field_violations_size(),
            0);
}

}  // namespace
}  // namespace viaduct::ops
