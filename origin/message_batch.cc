#include "origin/message_batch.h"

#include <utility>

#include "ops/json_line.h"
#include "origin/chat_message.h"

namespace viaduct {
namespace {

// Memory kept between turns; what a burst needed beyond it is given back.
constexpr std::size_t kKeptScratchBytes = 64 * 1024;
constexpr std::size_t kKeptEntries = 1024;

}  // namespace

void MessageBatch::Add(ChatSession* sender, const Uuid& id, bool binary, std::string_view message, Audience audience) {
  const auto id_text = id.Text();
  const std::string_view from(id_text.data(), id_text.size());
  json_.clear();
  AppendJsonString(&json_, message);

  Entry entry{.sender = sender, .id = id, .binary = binary, .bytes = message.size()};
  entry.messages_before = broadcasts_.messages;
  entry.payload_before = broadcasts_.payload_bytes;
  entry.echo_begin = echoes_.size();
  entry.echo_payload = AppendEchoFrame(&echoes_, from, json_);
  entry.echo_end = echoes_.size();
  entry.broadcast_begin = broadcasts_.frames.size();
  if (audience == Audience::kEveryone) {
    entry.broadcast_payload = AppendBroadcastFrame(&broadcasts_.frames, from, json_);
    ++broadcasts_.messages;
    broadcasts_.payload_bytes += entry.broadcast_payload;
  }
  entry.broadcast_end = broadcasts_.frames.size();
  entries_.push_back(entry);
  if (json_.capacity() > kKeptScratchBytes) std::string().swap(json_);
}

MessageBatch::Taken MessageBatch::Take() {
  Taken taken{.broadcasts = std::make_shared<const Publication>(std::move(broadcasts_)),
              .echoes = std::make_shared<const std::string>(std::move(echoes_)),
              .entries = std::move(entries_)};
  broadcasts_ = Publication();
  echoes_.clear();
  entries_.clear();
  return taken;
}

void MessageBatch::Recycle(std::vector<Entry> entries) {
  if (!entries_.empty() || entries.capacity() > kKeptEntries) return;
  entries.clear();
  entries_ = std::move(entries);
}

}  // namespace viaduct
