#include "origin/session/viewer_info.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace viaduct::origin {
namespace {

http::RequestHead HeadOf(const std::vector<http::Field>& fields) {
  http::RequestHead head;
  head.fields.Assign(fields);
  return head;
}

TEST(ViewerInfoTest, HoldsWhatTheHandshakeSaid) {
  const std::vector<http::Field> fields = {
      {"X-Forwarded-For", "2001:db8::1, 130.176.119.40"}, {"User-Agent", "curl"}, {"X-Amz-Cf-Id", "id=="},
      {"x-viaduct-viewer-address", "2001:db8::1"},        {"Host", "example"},
  };
  const ViewerInfo viewer(HeadOf(fields), *net::SocketAddress::Parse("10.10.8.96:10026"));
  EXPECT_EQ(viewer.peer_address(), "10.10.8.96:10026");
  EXPECT_EQ(viewer.viewer_address(), "2001:db8::1");
  EXPECT_EQ(viewer.forwarded_for(), "2001:db8::1, 130.176.119.40");
  EXPECT_EQ(viewer.cloudfront_id(), "id==");
  EXPECT_EQ(viewer.user_agent(), "curl");
}

TEST(ViewerInfoTest, WhatIsMissingIsEmpty) {
  const ViewerInfo viewer(HeadOf({}), *net::SocketAddress::Parse("[::1]:1"));
  EXPECT_EQ(viewer.peer_address(), "[::1]:1");
  EXPECT_EQ(viewer.viewer_address(), "");
  EXPECT_EQ(viewer.user_agent(), "");
}

TEST(ViewerInfoTest, LongFieldsAreCut) {
  const std::string long_text(5000, 'a');
  const std::vector<http::Field> fields = {{"x-forwarded-for", long_text}, {"user-agent", "after"}};
  const ViewerInfo viewer(HeadOf(fields), *net::SocketAddress::Parse("127.0.0.1:1"));
  EXPECT_EQ(viewer.forwarded_for().size(), ViewerInfo::kMaxFieldBytes);
  EXPECT_EQ(viewer.user_agent(), "after");
}

}  // namespace
}  // namespace viaduct::origin
