#include "ops/admin/admin_call.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "ip/address_ranges.h"
#include "ip/ip_address.h"

namespace viaduct::ops {
namespace {

TEST(AdminCallTest, ARangeIsAPrefixOrAnAddress) {
  std::optional<ip::AddressPrefix> range;
  EXPECT_TRUE(ReadRange("viewer_range", "", &range).ok());
  EXPECT_FALSE(range.has_value());
  for (const char* text : {"203.0.113.0/24", "203.0.113.7", "2001:db8::/32", "2001:db8::1"}) {
    EXPECT_TRUE(ReadRange("viewer_range", text, &range).ok()) << text;
    EXPECT_TRUE(range.has_value()) << text;
  }
  EXPECT_TRUE(range->Contains(*ip::IpAddress::Parse("2001:db8::1")));
}

TEST(AdminCallTest, AnotherTextIsNoRange) {
  for (const char* text : {"203.0.113.", "2001:db8:", "203.0.113.1/24", "localhost"}) {
    std::optional<ip::AddressPrefix> range;
    const grpc::Status status = ReadRange("viewer_range", text, &range);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT) << text;
    EXPECT_EQ(status.error_message(), "viewer_range: \"" + std::string(text) +
                                          "\": must be an IP address, or a prefix without bits behind it: 10.0.0.0/8");
    EXPECT_FALSE(range.has_value()) << text;
  }
}

}  // namespace
}  // namespace viaduct::ops
