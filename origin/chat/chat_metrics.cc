#include "origin/chat/chat_metrics.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "ops/metrics/worker_sums.h"

namespace viaduct::origin {
namespace {

using C = ChatCounters;
using Sums = ops::WorkerSums<ChatCounters>;

Sums SumsOf(const Chat& chat) {
  std::vector<const ChatCounters*> workers;
  for (std::size_t i = 0; i < chat.worker_count(); ++i) workers.push_back(&chat.counters(i));
  return Sums(std::move(workers));
}

std::vector<std::string> DisconnectNames() {
  std::vector<std::string> names;
  for (const Disconnect& disconnect : kDisconnects) names.emplace_back(disconnect.name);
  return names;
}

// Returns samples only for codes that have occurred.
ops::MetricsPage::Samples CloseSamples(const Sums& sums) {
  return [sums, labels = ops::CloseCodeCounts::Labels()] {
    std::vector<ops::MetricSample> samples;
    const std::vector<std::int64_t> counts = sums.OfCloses(&C::closes);
    for (std::size_t i = 0; i < labels.size(); ++i) {
      if (counts[i] == 0) continue;
      samples.push_back({.labels = {{"code", labels[i]}}, .value = static_cast<double>(counts[i])});
    }
    return samples;
  };
}

template <typename Value>
double AsDouble(Value value) {
  return static_cast<double>(value);
}

}  // namespace

void AddChatMetrics(ops::MetricsPage* page, Chat* chat, const ops::LogSink* log) {
  const Sums sums = SumsOf(*chat);
  page->AddGauge("viaduct_chat_connections_open", "WebSockets that are open.", sums.Value(&C::connections_open));
  page->AddGauge("viaduct_chat_http_connections_open", "Connections that are open and no WebSocket, or not yet.",
                 sums.Value(&C::http_connections_open));
  page->AddGauge("viaduct_chat_rooms", "Rooms with clients here, or with history.",
                 [chat] { return AsDouble(chat->hub().room_count()); });
  page->AddGauge("viaduct_chat_history_bytes", "Memory of the messages that rooms keep.",
                 [chat] { return AsDouble(chat->hub().history_bytes()); });
  page->AddGauge("viaduct_chat_viewer_open_most", "The most that one viewer has open, by kind.", [chat] {
    const net::AddressTally::Counts most = chat->viewers().Most();
    return std::vector<ops::MetricSample>{
        {.labels = {{"kind", "connections"}}, .value = AsDouble(most[kViewerConnections])},
        {.labels = {{"kind", "rooms"}}, .value = AsDouble(most[kViewerRooms])}};
  });
  page->AddCounter("viaduct_chat_connections_total", "WebSockets that were opened.", sums.Value(&C::connections));
  page->AddCounter("viaduct_chat_connections_cut_total", "Connections cut at once, since far too many were open.",
                   sums.Value(&C::over_limit));
  page->AddCounter("viaduct_chat_messages_received_total", "Messages from viewers.", sums.Value(&C::messages_received));
  page->AddCounter("viaduct_chat_received_bytes_total", "Payload of messages from viewers.",
                   sums.Value(&C::bytes_received));
  page->AddCounter("viaduct_chat_deliveries_total", "Messages to viewers: one for each message and recipient.",
                   sums.Value(&C::deliveries));
  page->AddCounter("viaduct_chat_delivered_bytes_total", "Payload of messages to viewers.",
                   sums.Value(&C::bytes_delivered));
  page->AddCounter("viaduct_chat_deflated_messages_total", "Broadcasts compressed, once for all viewers of one window.",
                   sums.Value([](const C& c) -> const ops::Counter& { return c.deflate.messages; }));
  page->AddCounter("viaduct_chat_deflated_bytes_before_total", "Payload of those broadcasts before.",
                   sums.Value([](const C& c) -> const ops::Counter& { return c.deflate.bytes_before; }));
  page->AddCounter("viaduct_chat_deflated_bytes_after_total", "Payload of those broadcasts after.",
                   sums.Value([](const C& c) -> const ops::Counter& { return c.deflate.bytes_after; }));
  page->AddGauge("viaduct_chat_closes_pending", "Connections that operators' orders will still close.",
                 sums.Value(&C::closes_pending));
  page->AddGauge("viaduct_chat_queued_bytes", "What waits to be sent to viewers.", sums.Value(&C::queued_bytes));
  page->AddCounter(
      "viaduct_chat_slow_consumers_total", "Viewers dropped because they read too slowly.",
      sums.Value([](const C& c) -> const ops::Counter& { return c.disconnects[Disconnect::kSlowConsumer.index]; }));
  page->AddCounter("viaduct_chat_closes_total", "Ended WebSockets by the code of the viewer's Close; 1006 without one.",
                   CloseSamples(sums));
  page->AddCounter("viaduct_chat_disconnects_total", "WebSockets that began to end, by what ended them.",
                   sums.Samples(&C::disconnects, "reason", DisconnectNames()));
  page->AddCounter("viaduct_chat_upgrades_refused_total", "Requests for a WebSocket that were refused.",
                   sums.Samples(&C::upgrade_refusals, "reason", kUpgradeRefusals));
  page->AddCounter("viaduct_chat_bad_heads_total", "Request heads that were refused.",
                   sums.Samples(&C::bad_heads, "error", http::kHeadErrors));
  page->AddGauge("viaduct_chat_event_watchers", "Callers of WatchEvents.",
                 [chat] { return AsDouble(chat->feed().watcher_count()); });
  page->AddCounter("viaduct_chat_events_dropped_total", "Events that watchers missed because they read too slowly.",
                   [chat] { return AsDouble(chat->feed().dropped_events()); });
  page->AddCounter("viaduct_chat_log_lines_dropped_total", "Log lines that were never written.",
                   [log] { return AsDouble(log->dropped_lines()); });
}

}  // namespace viaduct::origin
