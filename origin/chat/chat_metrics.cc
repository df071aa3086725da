#include "origin/chat/chat_metrics.h"

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

namespace viaduct::origin {
namespace {

using Read = std::function<double(const ChatCounters&)>;

// The sum over all workers.
ops::MetricsPage::Value Sum(const Chat* chat, Read read) {
  return [chat, read = std::move(read)] {
    double sum = 0;
    for (std::size_t i = 0; i < chat->worker_count(); ++i) sum += read(chat->counters(i));
    return sum;
  };
}

// One sample for each of `names`, in their order, by its index in an array of counters.
template <typename Array>
ops::MetricsPage::Samples SumEach(const Chat* chat, std::string label, std::vector<std::string> names,
                                  Array ChatCounters::* array) {
  return [chat, label = std::move(label), names = std::move(names), array] {
    std::vector<ops::MetricSample> samples;
    for (std::size_t i = 0; i < names.size(); ++i) {
      ops::MetricSample sample{.labels = {{label, names[i]}}};
      for (std::size_t w = 0; w < chat->worker_count(); ++w) {
        sample.value += static_cast<double>((chat->counters(w).*array)[i].value());
      }
      samples.push_back(std::move(sample));
    }
    return samples;
  };
}

template <typename List, typename Name>
std::vector<std::string> Names(const List& list, Name name) {
  std::vector<std::string> names;
  for (const auto& value : list) names.emplace_back(name(value));
  return names;
}

std::vector<std::string> HeadErrorNames() {
  std::vector<std::string> names;
  for (const http::HeadError error : http::kHeadErrors) names.emplace_back(http::kHeadErrors.Name(error));
  return names;
}

// Codes that applications choose share one label a range: viewers must not be able to make labels without end.
std::vector<ops::MetricSample> CloseSamples(const Chat* chat) {
  std::vector<ops::MetricSample> samples;
  const auto add = [&](std::string label, std::uint16_t first, std::uint16_t last) {
    std::uint64_t sum = 0;
    for (std::size_t w = 0; w < chat->worker_count(); ++w) {
      for (std::uint32_t code = first; code <= last; ++code) {
        sum += chat->counters(w).closes.value(static_cast<std::uint16_t>(code));
      }
    }
    if (sum > 0) samples.push_back({.labels = {{"code", std::move(label)}}, .value = static_cast<double>(sum)});
  };
  for (std::uint16_t code = 1000; code <= 1015; ++code) add(absl::StrCat(code), code, code);
  add("3000-3999", 3000, 3999);
  add("4000-4999", 4000, 4999);
  return samples;
}

template <typename Value>
double AsDouble(Value value) {
  return static_cast<double>(value);
}

}  // namespace

void AddChatMetrics(ops::MetricsPage* page, Chat* chat, const ops::LogSink* log) {
  page->AddGauge("viaduct_chat_connections_open", "WebSockets that are open.",
                 Sum(chat, [](const ChatCounters& c) { return AsDouble(c.connections_open.value()); }));
  page->AddGauge("viaduct_chat_http_connections_open", "Connections that are open and no WebSocket, or not yet.",
                 Sum(chat, [](const ChatCounters& c) { return AsDouble(c.http_connections_open.value()); }));
  page->AddGauge("viaduct_chat_rooms", "Rooms with clients here, or with history.",
                 [chat] { return AsDouble(chat->hub().room_count()); });
  page->AddGauge("viaduct_chat_history_bytes", "Memory of the messages that rooms keep.",
                 [chat] { return AsDouble(chat->hub().history_bytes()); });
  page->AddCounter("viaduct_chat_connections_total", "WebSockets that were opened.",
                   Sum(chat, [](const ChatCounters& c) { return AsDouble(c.connections.value()); }));
  page->AddCounter("viaduct_chat_connections_cut_total", "Connections cut at once, since far too many were open.",
                   Sum(chat, [](const ChatCounters& c) { return AsDouble(c.over_limit.value()); }));
  page->AddCounter("viaduct_chat_messages_received_total", "Messages from viewers.",
                   Sum(chat, [](const ChatCounters& c) { return AsDouble(c.messages_received.value()); }));
  page->AddCounter("viaduct_chat_received_bytes_total", "Payload of messages from viewers.",
                   Sum(chat, [](const ChatCounters& c) { return AsDouble(c.bytes_received.value()); }));
  page->AddCounter("viaduct_chat_deliveries_total", "Messages to viewers: one for each message and recipient.",
                   Sum(chat, [](const ChatCounters& c) { return AsDouble(c.deliveries.value()); }));
  page->AddCounter("viaduct_chat_delivered_bytes_total", "Payload of messages to viewers.",
                   Sum(chat, [](const ChatCounters& c) { return AsDouble(c.bytes_delivered.value()); }));
  page->AddCounter("viaduct_chat_deflated_messages_total", "Broadcasts compressed, once for all viewers of one window.",
                   Sum(chat, [](const ChatCounters& c) { return AsDouble(c.deflate.messages.value()); }));
  page->AddCounter("viaduct_chat_deflated_bytes_before_total", "Payload of those broadcasts before.",
                   Sum(chat, [](const ChatCounters& c) { return AsDouble(c.deflate.bytes_before.value()); }));
  page->AddCounter("viaduct_chat_deflated_bytes_after_total", "Payload of those broadcasts after.",
                   Sum(chat, [](const ChatCounters& c) { return AsDouble(c.deflate.bytes_after.value()); }));
  page->AddGauge("viaduct_chat_closes_pending", "Connections that operators' orders will still close.",
                 Sum(chat, [](const ChatCounters& c) { return AsDouble(c.closes_pending.value()); }));
  page->AddGauge("viaduct_chat_queued_bytes", "What waits to be sent to viewers.",
                 Sum(chat, [](const ChatCounters& c) { return AsDouble(c.queued_bytes.value()); }));
  page->AddCounter("viaduct_chat_slow_consumers_total", "Viewers dropped because they read too slowly.",
                   Sum(chat, [](const ChatCounters& c) {
                     return AsDouble(c.disconnects[Disconnect::kSlowConsumer.index].value());
                   }));
  page->AddCounter("viaduct_chat_closes_total", "Ended WebSockets by the code of the viewer's Close; 1006 without one.",
                   [chat] { return CloseSamples(chat); });
  page->AddCounter(
      "viaduct_chat_disconnects_total", "WebSockets that began to end, by what ended them.",
      SumEach(chat, "reason", Names(kDisconnects, [](const Disconnect& disconnect) { return disconnect.name; }),
              &ChatCounters::disconnects));
  page->AddCounter(
      "viaduct_chat_upgrades_refused_total", "Requests for a WebSocket that were refused.",
      SumEach(chat, "reason", Names(kUpgradeRefusals, UpgradeRefusalName), &ChatCounters::upgrade_refusals));
  page->AddCounter("viaduct_chat_bad_heads_total", "Request heads that were refused.",
                   SumEach(chat, "error", HeadErrorNames(), &ChatCounters::bad_heads));
  page->AddGauge("viaduct_chat_event_watchers", "Callers of WatchEvents.",
                 [chat] { return AsDouble(chat->feed().watcher_count()); });
  page->AddCounter("viaduct_chat_events_dropped_total", "Events that watchers missed because they read too slowly.",
                   [chat] { return AsDouble(chat->feed().dropped_events()); });
  page->AddCounter("viaduct_chat_log_lines_dropped_total", "Log lines that were never written.",
                   [log] { return AsDouble(log->dropped_lines()); });
}

}  // namespace viaduct::origin
