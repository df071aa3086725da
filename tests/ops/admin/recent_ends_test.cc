#include "ops/admin/recent_ends.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace viaduct::ops {
namespace {

const std::vector<std::string> kLines = {
    R"({"level":"info","time":"2026-12-01T10:00:00.100Z","cloudfrontId":"3QinF8qURdlf==","denyReason":"via_missing",)"
    R"("viewer":"203.0.113.7","durationMs":0.125,"msg":"request"})"
    "\n",
    R"({"level":"info","time":"2026-12-01T10:00:02.500Z","tunnel":"3f09a1c2-0-17","viewer":"203.0.113.7","end":"drain",)"
    R"("fromViewer":{"bytes":12},"msg":"tunnel"})",
    R"({"level":"info","time":"2026-12-01T10:00:01.000Z","userAgent":"203.0.113.7","id":"a83b55ae-62d4","msg":"ws closed"})",
    R"({"level":"info","time":"2026-12-01T10:00:03.000Z","viewer":"2001:db8::7","msg":"tunnel"})",
};

// Returns the times of the answers, in seconds after 10:00.
std::vector<std::int64_t> TimesOf(const std::string& id, int page_size = 0) {
  RecentEndsQuery query;
  const grpc::Status status = query.Read(id, page_size);
  EXPECT_TRUE(status.ok()) << status.error_message();
  std::vector<std::string> found;
  for (const std::string& line : kLines) {
    if (line.find(query.text()) != std::string::npos) found.push_back(line);
  }
  std::vector<std::int64_t> times;
  for (const admin::v1::RecentEnd& end : query.Select(found)) times.push_back(end.time().seconds() - 1796119200);
  return times;
}

TEST(RecentEndsTest, AnEndIsFoundByItsIds) {
  EXPECT_THAT(TimesOf("3QinF8qURdlf=="), testing::ElementsAre(0));
  EXPECT_THAT(TimesOf("3f09a1c2-0-17"), testing::ElementsAre(2));
  EXPECT_THAT(TimesOf("a83b55ae-62d4"), testing::ElementsAre(1));
  EXPECT_THAT(TimesOf("a83b55ae"), testing::ElementsAre(1));
  EXPECT_THAT(TimesOf("83b55ae-62d4"), testing::IsEmpty());
}

TEST(RecentEndsTest, AnAddressIsTheViewersAndNothingElse) {
  EXPECT_THAT(TimesOf("203.0.113.7"), testing::ElementsAre(2, 0));
  EXPECT_THAT(TimesOf("203.0.113.7", 1), testing::ElementsAre(2));
  EXPECT_THAT(TimesOf("2001:DB8:0::7"), testing::ElementsAre(3));
}

TEST(RecentEndsTest, AnswersHaveAllMembersOfTheLine) {
  RecentEndsQuery query;
  ASSERT_TRUE(query.Read("3f09a1c2-0-17", 0).ok());
  const RecentEndsQuery::Ends ends = query.Select(kLines);
  ASSERT_EQ(ends.size(), 1);
  EXPECT_EQ(ends[0].kind(), "tunnel");
  EXPECT_EQ(ends[0].time().nanos(), 500'000'000);
  EXPECT_EQ(ends[0].fields().fields().at("end").string_value(), "drain");
  EXPECT_EQ(ends[0].fields().fields().at("fromViewer").struct_value().fields().at("bytes").number_value(), 12);
}

TEST(RecentEndsTest, WhatIsNoIdIsRefused) {
  for (const auto& [id, words] : {
           std::pair<std::string, std::string>{"", "id: is required"},
           {"a", "id: is neither an address nor 8 to 256 characters of an id"},
           {"with a blank", "id: is neither an address nor 8 to 256 characters of an id"},
           {"with\"quotes", "id: is neither an address nor 8 to 256 characters of an id"},
           {std::string(257, 'a'), "id: is neither an address nor 8 to 256 characters of an id"},
       }) {
    RecentEndsQuery query;
    EXPECT_EQ(query.Read(id, 0).error_message(), words) << id;
  }
  RecentEndsQuery query;
  EXPECT_EQ(query.Read("203.0.113.7", -1).error_message(), "page_size: must not be negative");
  EXPECT_TRUE(query.Read("203.0.113.7", 1000).ok());
  EXPECT_EQ(query.most(), 100u);
}

}  // namespace
}  // namespace viaduct::ops
