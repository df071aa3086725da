#pragma once

#include "ops/log/log_sink.h"
#include "ops/metrics/metrics_page.h"
#include "origin/chat/chat.h"

namespace viaduct::origin {

// Adds the chat's counters as viaduct_chat_*. All pointers must outlive the page.
void AddChatMetrics(ops::MetricsPage* page, Chat* chat, const ops::LogSink* log);

}  // namespace viaduct::origin
