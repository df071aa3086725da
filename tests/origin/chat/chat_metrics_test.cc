#include "origin/chat/chat_metrics.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "ops/metrics/metrics_page.h"
#include "tests/origin/chat/running_chat.h"
#include "tests/support/raw_peer.h"

namespace viaduct::origin {
namespace {

TEST(ChatMetricsTest, WhatHappenedIsOnThePage) {
  RunningChat running;
  ops::LogSink log(-1);
  ops::MetricsPage page;
  AddChatMetrics(&page, &running.chat(), &log);

  RawPeer stays(running.address());
  OpenWebSocket(&stays);
  RawPeer goes(running.address());
  OpenWebSocket(&goes);
  ASSERT_TRUE(stays.Send(Bytes({.payload = "hello"})));
  ReadFrame(&stays);
  ReadFrame(&goes);
  ASSERT_TRUE(goes.Send(Bytes({.first_byte = 0x88, .payload = "\x0f\xa1"})));
  goes.ReadToEnd();
  goes.ShutdownWrite();
  RawPeer wrong(running.address());
  ASSERT_TRUE(wrong.Send(Bytes({.payload = "no HTTP"})));
  wrong.ReadToEnd();
  RawPeer refused(running.address());
  ASSERT_TRUE(refused.Send("GET /websocket HTTP/1.1\r\nHost: a\r\n\r\n"));
  refused.ReadToEnd();

  std::string text;
  for (const std::string line : {
           "viaduct_chat_connections_open 1",
           "viaduct_chat_rooms 1",
           "viaduct_chat_connections_total 2",
           "viaduct_chat_messages_received_total 1",
           "viaduct_chat_received_bytes_total 5",
           "viaduct_chat_deliveries_total 4",  // two welcomes, an echo, a broadcast
           "viaduct_chat_deflated_messages_total 0",
           "viaduct_chat_deflated_bytes_before_total 0",
           "viaduct_chat_deflated_bytes_after_total 0",
           "viaduct_chat_queued_bytes 0",
           "viaduct_chat_slow_consumers_total 0",
           "viaduct_chat_closes_total{code=\"4000-4999\"} 1",
           "viaduct_chat_disconnects_total{reason=\"closed_by_peer\"} 1",
           "viaduct_chat_disconnects_total{reason=\"slow_consumer\"} 0",
           "viaduct_chat_upgrades_refused_total{reason=\"not_asked_for\"} 1",
           "viaduct_chat_bad_heads_total{error=\"bad_start_line\"} 1",
           "viaduct_chat_event_watchers 0",
           "viaduct_chat_events_dropped_total 0",
           "viaduct_chat_log_lines_dropped_total 0",
       }) {
    EXPECT_TRUE(Eventually([&] {
      text = page.Render();
      return text.find("\n" + line + "\n") != std::string::npos;
    })) << line
        << "\n"
        << text;
  }
}

}  // namespace
}  // namespace viaduct::origin
