#include "text/redaction.h"

#include <gtest/gtest.h>

#include <string>

namespace viaduct::text {
namespace {

std::string Redacted(std::string_view target, const QueryRedaction& redaction = QueryRedaction()) {
  std::string storage;
  return std::string(redaction.Redact(target, &storage));
}

TEST(QueryRedactionTest, NamesStayAndValuesGo) {
  EXPECT_EQ(Redacted("/websocket?token=secret"), "/websocket?token=***");
  EXPECT_EQ(Redacted("/a?b=secret&c=secret=secret&d=secret"), "/a?b=***&c=***&d=***");
  EXPECT_EQ(Redacted("/?%74oken=secret"), "/?%74oken=***");
  EXPECT_EQ(Redacted("?a=secret"), "?a=***");
}

TEST(QueryRedactionTest, ParametersOfThePathAreRedactedAlike) {
  EXPECT_EQ(Redacted("/app/index;jsessionid=secret"), "/app/index;jsessionid=***");
  EXPECT_EQ(Redacted("/a;b=secret;secret/c;/d?e=secret"), "/a;b=***;***/c;/d?e=***");
  EXPECT_EQ(Redacted("/a;room=x;b=secret", QueryRedaction({"room"})), "/a;room=x;b=***");
  EXPECT_EQ(Redacted(";"), ";");
}

TEST(QueryRedactionTest, WithoutAQueryTheTargetItselfIsReturned) {
  const std::string target = "/websocket/room=x&token";
  std::string storage;
  EXPECT_EQ(QueryRedaction().Redact(target, &storage).data(), target.data());
}

TEST(QueryRedactionTest, ABareParameterMayBeAToken) {
  EXPECT_EQ(Redacted("/ws?secret"), "/ws?***");
  EXPECT_EQ(Redacted("/ws?c2VjcmV0=="), "/ws?***") << "Base64 is padded with what separates a name";
  EXPECT_EQ(Redacted("/ws?=secret"), "/ws?=***");
  EXPECT_EQ(Redacted("/ws?" + std::string(65, 'n') + "=secret"), "/ws?***");
  EXPECT_EQ(Redacted("/ws?" + std::string(64, 'n') + "=secret"), "/ws?" + std::string(64, 'n') + "=***");
  EXPECT_EQ(Redacted("/ws?"), "/ws?");
  EXPECT_EQ(Redacted("/ws?&&"), "/ws?&&");
}

TEST(QueryRedactionTest, ListedNamesAreShown) {
  const QueryRedaction redaction({"room", "flag"});
  EXPECT_EQ(Redacted("/ws?room=main&token=secret&flag&since=secret", redaction),
            "/ws?room=main&token=***&flag&since=***");
  EXPECT_EQ(Redacted("/ws?Room=secret&rooms=secret&room2=secret", redaction), "/ws?Room=***&rooms=***&room2=***");
}

TEST(QueryRedactionTest, AShownValueHidesNoOtherParameter) {
  const QueryRedaction redaction({"room"});
  EXPECT_EQ(Redacted("/ws?room=a;token=secret", redaction), "/ws?room=a;token=***");
  EXPECT_EQ(Redacted("/ws?room=a?token=secret", redaction), "/ws?room=a?token=***");
  EXPECT_EQ(Redacted("/ws?room=a#token=secret", redaction), "/ws?room=a#token=***");
}

TEST(RedactUrlTest, UserInformationAndQueryValuesGo) {
  EXPECT_EQ(RedactUrl("redis://user:secret@cache:6379/0"), "redis://***@cache:6379/0");
  EXPECT_EQ(RedactUrl("redis://:se/c@ret@cache"), "redis://***@cache");
  EXPECT_EQ(RedactUrl("https://example.com/list?X-Amz-Signature=secret"),
            "https://example.com/list?X-Amz-Signature=***");
  EXPECT_EQ(RedactUrl("https://example.com/a@b"), "https://***@b") << "rather too little than too much";
  EXPECT_EQ(RedactUrl("redis://:se?cret@cache"), "redis://***");
  EXPECT_EQ(RedactUrl("https://example.com/?to=a@b&secret=secret"), "https://***");
  EXPECT_EQ(RedactUrl("https://example.com/list"), "https://example.com/list");
  EXPECT_EQ(RedactUrl("user:secret@cache:6379"), "***@cache:6379");
  EXPECT_EQ(RedactUrl("10.0.0.0/33"), "10.0.0.0/33");
  EXPECT_EQ(RedactUrl("what?a=b"), "what?a=b") << "no URL";
}

}  // namespace
}  // namespace viaduct::text
