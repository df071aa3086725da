#include "origin/http/http_date.h"

#include <gtest/gtest.h>

namespace viaduct::origin {
namespace {

TEST(HttpDateTest, TimesAreWrittenAsRfc9110Has) {
  HttpDate date;
  EXPECT_EQ(date.Text(784111777), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(date.Text(784111777), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(date.Text(0), "Thu, 01 Jan 1970 00:00:00 GMT");
  EXPECT_EQ(date.Text(1779714000), "Mon, 25 May 2026 13:00:00 GMT");
  EXPECT_EQ(date.Text(253402300799), "Fri, 31 Dec 9999 23:59:59 GMT");
}

}  // namespace
}  // namespace viaduct::origin
