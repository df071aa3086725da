#include "origin/broker/redis/broker_metrics.h"

#include <gtest/gtest.h>

#include <string>

#include "ops/metrics/metrics_page.h"
#include "tests/origin/broker/redis/broker_fixture.h"
#include "tests/origin/broker/redis/client/redis_server.h"

namespace viaduct::origin {
namespace {

TEST(BrokerMetricsTest, WhatHappenedIsOnThePage) {
  RedisServer server;
  TestBroker broker("a", server.Endpoint());
  ops::MetricsPage page;
  AddBrokerMetrics(&page, &*broker);
  const auto shows = [&page](const std::string& line) {
    return Eventually([&] { return page.Render().find("\n" + line + "\n") != std::string::npos; });
  };
  broker.Join("r");
  broker.Say("r", "1");
  ASSERT_TRUE(broker.Await("r", 1));
  for (const std::string line : {
           "viaduct_chat_broker_degraded 0",
           "viaduct_chat_broker_published_total 1",
           "viaduct_chat_broker_appended_total 1",
           "viaduct_chat_broker_received_total 1",
           "viaduct_chat_broker_outbox_messages 0",
           "viaduct_chat_broker_outbox_bytes 0",
           "viaduct_chat_broker_rooms 1",
           "viaduct_chat_broker_connects_total 1",
           "viaduct_chat_broker_dropped_total 0",
           "viaduct_chat_broker_gaps_total 0",
       }) {
    EXPECT_TRUE(shows(line)) << line;
  }
  server.Kill();
  EXPECT_TRUE(shows("viaduct_chat_broker_degraded 1"));
  broker.Say("r", "2");
  EXPECT_TRUE(shows("viaduct_chat_broker_degraded_messages_total 1"));
  EXPECT_TRUE(shows("viaduct_chat_broker_outbox_messages 1"));
}

}  // namespace
}  // namespace viaduct::origin
