#include "sidecar/ecs/protection_answer.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace viaduct::sidecar {
namespace {

using Call = TaskProtection::Call;
using Outcome = TaskProtection::Outcome;

ProtectionAnswer Read(Call call, int status, const std::string& body) {
  return ReadProtectionAnswer(call, ops::HttpCallAnswer{.status = status, .body = body, .etag = ""});
}

// Shapes and words from ECS's documentation of the endpoint.
TEST(ProtectionAnswerTest, AProtectionAsItWasAskedIsDone) {
  const std::string on =
      R"({"protection":{"ExpirationDate":"2023-12-20T21:57:44.837Z","ProtectionEnabled":true,"TaskArn":"arn"}})";
  const std::string off = R"({"protection":{"ExpirationDate":null,"ProtectionEnabled":false,"TaskArn":"arn"}})";
  EXPECT_EQ(Read(Call::kProtect, 200, on).result, ProtectionResult::kDone);
  EXPECT_EQ(Read(Call::kRelease, 200, off).result, ProtectionResult::kDone);
  EXPECT_EQ(Read(Call::kProtect, 200, off).result, ProtectionResult::kBadAnswer);
  EXPECT_EQ(Read(Call::kRelease, 200, on).result, ProtectionResult::kBadAnswer);
  EXPECT_EQ(Read(Call::kProtect, 500, on).result, ProtectionResult::kBadAnswer);
}

TEST(ProtectionAnswerTest, FailuresAndErrorsAreToldApartWhateverTheStatus) {
  const struct {
    const char* body;
    ProtectionResult result;
    const char* detail;
  } kTable[] = {
      {R"({"failure":{"Arn":"arn","Detail":null,"Reason":"DEPLOYMENT_BLOCKED"}})", ProtectionResult::kDeploymentBlocked,
       "DEPLOYMENT_BLOCKED"},
      {R"({"failure":{"Arn":"arn","Detail":"it stops","Reason":"TASK_NOT_VALID"}})", ProtectionResult::kTaskNotValid,
       "TASK_NOT_VALID: it stops"},
      {R"({"failure":{"Reason":"OTHER"}})", ProtectionResult::kRefused, "OTHER"},
      {R"({"failure":{}})", ProtectionResult::kRefused, ""},
      {R"({"requestID":"1","error":{"Arn":"arn","Code":"ThrottlingException","Message":"Rate exceeded"}})",
       ProtectionResult::kThrottled, "ThrottlingException: Rate exceeded"},
      {R"({"error":{"Code":"AccessDeniedException","Message":"not authorized"}})", ProtectionResult::kAccessDenied,
       "AccessDeniedException: not authorized"},
      {R"({"error":{"Code":"ServerException","Message":"oops"}})", ProtectionResult::kError, "ServerException: oops"},
      {R"({"error":{"Code":7}})", ProtectionResult::kError, ": "},
  };
  for (const int status : {200, 400, 500}) {
    for (const auto& row : kTable) {
      const ProtectionAnswer answer = Read(Call::kProtect, status, row.body);
      EXPECT_EQ(answer.result, row.result) << row.body;
      EXPECT_EQ(answer.detail, row.detail);
    }
  }
}

TEST(ProtectionAnswerTest, EverythingElseIsABadAnswerAndShown) {
  for (const char* body :
       {"", "Internal Server Error", "{", "[]", "null", "{}", R"({"protection":true})", R"({"protection":{}})",
        R"({"protection":{"ProtectionEnabled":"true"}})", R"({"error":[]})"}) {
    const ProtectionAnswer answer = Read(Call::kProtect, 200, body);
    EXPECT_EQ(answer.result, ProtectionResult::kBadAnswer) << body;
    EXPECT_EQ(answer.detail, std::string("status 200: ") + body);
  }
  EXPECT_EQ(Read(Call::kProtect, 200, std::string(60'000, '[')).detail.size(), 512u);
}

TEST(ProtectionAnswerTest, NoAnswerIsATimeoutOrUnreachable) {
  const ProtectionAnswer timeout =
      ReadProtectionAnswer(Call::kProtect, absl::DeadlineExceededError("no answer in time"));
  EXPECT_EQ(timeout.result, ProtectionResult::kTimeout);
  EXPECT_EQ(timeout.detail, "no answer in time");
  EXPECT_EQ(ReadProtectionAnswer(Call::kProtect, absl::UnavailableError("Connection refused")).result,
            ProtectionResult::kUnreachable);
  EXPECT_EQ(ReadProtectionAnswer(Call::kProtect, absl::InvalidArgumentError("bad URL")).result,
            ProtectionResult::kUnreachable);
}

TEST(ProtectionAnswerTest, OnlyWhatEcsRefusedIsCertainlyAsItWas) {
  const std::set<std::string_view> refused = {"deployment_blocked", "task_not_valid", "refused", "throttled",
                                              "access_denied"};
  for (const ProtectionResult result : kProtectionResults) {
    const std::string_view name = kProtectionResults.Name(result);
    const Outcome expected = result == ProtectionResult::kDone ? Outcome::kDone
                             : refused.count(name) > 0         ? Outcome::kRefused
                                                               : Outcome::kUncertain;
    EXPECT_EQ(OutcomeOf(result), expected) << name;
  }
}

TEST(ProtectionAnswerTest, RequestsAreWhatEcsReads) {
  EXPECT_EQ(ProtectionRequest(Call::kProtect, std::chrono::minutes(120)),
            R"({"ProtectionEnabled":true,"ExpiresInMinutes":120})");
  EXPECT_EQ(ProtectionRequest(Call::kRelease, std::chrono::minutes(120)), R"({"ProtectionEnabled":false})");
}

}  // namespace
}  // namespace viaduct::sidecar
