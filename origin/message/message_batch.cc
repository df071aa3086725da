#include "origin/message/message_batch.h"

#include <utility>

#include "ops/log/json_line.h"
#include "origin/message/chat_frames.h"

namespace viaduct::origin {
namespace {

// Memory kept between turns; the rest is freed after a burst.
constexpr std::size_t kKeptScratchBytes = 64 * 1024;
constexpr std::size_t kKeptEntries = 1024;

}  // namespace

void MessageBatch::Add(ChatSession* sender, const Uuid& id, bool binary, std::string_view message, Audience audience,
                       std::string_view name) {
  const auto id_text = id.Text();
  const std::string_view from(id_text.data(), id_text.size());
  json_.clear();
  ops::AppendJsonString(&json_, message);
  name_json_.clear();
  if (!name.empty()) ops::AppendJsonString(&name_json_, name);

  FramePart part{.broadcast_begin = frames_.size(), .echo_begin = echoes_.size()};
  part.messages_before = messages_;
  part.payload_before = payload_bytes_;
  part.echo_payload = AppendEchoFrame(&echoes_, from, json_, name_json_);
  part.echo_end = echoes_.size();
  if (audience == Audience::kEveryone) {
    part.broadcast_payload = AppendBroadcastFrame(&frames_, from, json_);
    ++messages_;
    payload_bytes_ += part.broadcast_payload;
  }
  part.broadcast_end = frames_.size();
  entries_.push_back({.sender = sender, .id = id, .binary = binary, .bytes = message.size(), .part = part});
  if (json_.capacity() > kKeptScratchBytes) std::string().swap(json_);
}

MessageBatch::Taken MessageBatch::Take() {
  Taken taken{.publication = std::make_shared<Publication>(), .entries = std::move(entries_)};
  Publication& publication = *taken.publication;
  publication.frames = std::exchange(frames_, {});
  publication.messages = std::exchange(messages_, 0);
  publication.payload_bytes = std::exchange(payload_bytes_, 0);
  publication.echoes = std::make_shared<const std::string>(std::exchange(echoes_, {}));
  publication.count = taken.entries.size();
  entries_.clear();
  return taken;
}

void MessageBatch::Recycle(std::vector<Entry> entries) {
  if (!entries_.empty() || entries.capacity() > kKeptEntries) return;
  entries.clear();
  entries_ = std::move(entries);
}

}  // namespace viaduct::origin
