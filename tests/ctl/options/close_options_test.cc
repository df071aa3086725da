#include "ctl/options/close_options.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace viaduct::ctl {
namespace {

class CloseOptionsTest : public testing::Test {
 protected:
  std::string ErrorOf(const char* name, const std::string& value) {
    return std::string(FindFlag(flags_, name)->read(value).message());
  }

  CloseOptions options_;
  const std::vector<Flag> flags_ = CloseFlags(&options_);
};

TEST_F(CloseOptionsTest, ANormalCloseIsTheDefault) {
  EXPECT_EQ(options_.code, 1000);
  EXPECT_EQ(options_.reason, "");
}

TEST_F(CloseOptionsTest, CodesAreThoseAnEndpointMaySend) {
  for (const char* good : {"1000", "1003", "1007", "1014", "3000", "4999"})
    EXPECT_EQ(ErrorOf("code", good), "") << good;
  EXPECT_EQ(options_.code, 4999);
  for (const char* bad : {"0", "999", "1004", "1005", "1006", "1015", "2999", "5000", "1000x", ""}) {
    EXPECT_EQ(ErrorOf("code", bad), "expected a close code: 1000 to 1003, 1007 to 1014 or 3000 to 4999") << bad;
  }
}

TEST_F(CloseOptionsTest, AReasonOf123BytesIsTheLongest) {
  EXPECT_EQ(ErrorOf("reason", std::string(123, 'x')), "");
  EXPECT_EQ(options_.reason, std::string(123, 'x'));
  EXPECT_EQ(ErrorOf("reason", std::string(124, 'x')), "it has 124 bytes; a close reason may have at most 123");
  EXPECT_EQ(ErrorOf("reason", "\xFF"), "a close reason must be UTF-8 text");
}

}  // namespace
}  // namespace viaduct::ctl
