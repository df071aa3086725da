#include "text/error.h"

#include <gtest/gtest.h>

#include "text/field_error.h"
#include "text/status.h"

namespace viaduct::text {
namespace {

TEST(ErrorTest, NamesThePlaceTheValueAndTheRule) {
  const Error value = ValueError("a\n\"b\"", "is not a name");
  EXPECT_EQ(value.message, R"("a\n\"b\"": is not a name)");
  EXPECT_EQ(ErrorAt("hosts", ErrorAt("[2]", value)).message, R"(hosts[2]: "a\n\"b\"": is not a name)");
  EXPECT_EQ(FieldError("admin.tcp", "must be set").message, "admin.tcp: must be set");
}

TEST(ErrorTest, AValueThatIsAUrlKeepsItsSecrets) {
  EXPECT_EQ(ValueError("https://user:word@example.com/", "is wrong").message,
            R"("https://***@example.com/": is wrong)");
}

TEST(ErrorTest, APlaceChangesNoCode) {
  const Error missing{"has no member", Error::Code::kNotFound};
  EXPECT_EQ(ErrorAt("file", missing).code, Error::Code::kNotFound);
  EXPECT_EQ(AtField("file", absl::NotFoundError("has no member")), absl::NotFoundError("file: has no member"));
}

TEST(ErrorTest, BecomesAStatus) {
  EXPECT_EQ(ToStatus(Error{"is wrong"}), absl::InvalidArgumentError("is wrong"));
  EXPECT_EQ(ToStatus(Error{"is missing", Error::Code::kNotFound}), absl::NotFoundError("is missing"));
  EXPECT_EQ(InvalidField("a.b", "is wrong"), absl::InvalidArgumentError("a.b: is wrong"));
  EXPECT_EQ(InvalidValue("x", "is wrong"), absl::InvalidArgumentError("\"x\": is wrong"));
}

}  // namespace
}  // namespace viaduct::text
