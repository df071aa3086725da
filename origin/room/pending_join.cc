#include "origin/room/pending_join.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "ops/log/json_line.h"
#include "origin/message/chat_frames.h"
#include "text/string_view.h"

namespace viaduct::origin {
namespace {

void AppendMissed(const std::vector<RoomMessage>& messages, ClientFrames* told) {
  std::string json;
  std::string echo;
  for (const RoomMessage& message : messages) {
    const auto sender = message.sender.Text();
    json.clear();
    echo.clear();
    ops::AppendJsonString(&json, message.text);
    AppendEchoFrame(&echo, {sender.data(), sender.size()}, json);
    std::string_view rest = echo;
    told->payload_bytes += AppendPositionedBroadcastFrame(&told->text, TakePayload(&rest),
                                                          {.position = message.position, .id = message.id});
    ++told->messages;
  }
}

}  // namespace

bool PendingJoin::Hold(std::span<const SharedPublication> publications) {
  for (const SharedPublication& publication : publications) {
    held_.push_back(publication);
    bytes_ += publication->bytes();
  }
  return bytes_ <= max_bytes_;
}

ClientFrames PendingJoin::FirstFrames(std::string_view room, int client_count,
                                      const absl::StatusOr<Broker::History>& history) const {
  if (!since_) return PlainFrames(client_count);
  ClientFrames told;
  AppendWelcome(room, client_count, history, &told);
  if (history.ok()) AppendMissed(history->messages, &told);
  AppendHeld(history, &told);
  return told;
}

void PendingJoin::AppendWelcome(std::string_view room, int client_count, const absl::StatusOr<Broker::History>& history,
                                ClientFrames* told) const {
  const auto id = id_.Text();
  Resume resume = Resume::kNew;
  if (!since_->empty()) {
    const bool complete = history.ok() && history->kind == Broker::History::Kind::kComplete;
    resume = complete ? Resume::kComplete : Resume::kGap;
  }
  told->payload_bytes += AppendResumingWelcomeFrame(
      &told->text, {.id = {id.data(), id.size()},
                    .client_count = client_count,
                    .room = room,
                    .resume = resume,
                    .position = history.ok() ? std::string_view(history->position) : std::string_view()});
  ++told->messages;
}

void PendingJoin::AppendHeld(const absl::StatusOr<Broker::History>& history, ClientFrames* told) const {
  // The newest position that the answer covers: held messages up to it are in the answer, or came before it. A message
  // without a position is known only by its id.
  std::string_view covered;
  absl::flat_hash_set<absl::string_view> ids;
  if (history.ok()) {
    covered = history->messages.empty() ? history->position : history->messages.back().position;
    for (const RoomMessage& message : history->messages) ids.insert(message.id);
  }
  std::vector<std::pair<const Publication*, std::uint64_t>> held;
  std::size_t first_uncovered = 0;
  for (const SharedPublication& publication : held_) {
    const std::uint64_t count = publication->echoes == nullptr ? 1 : publication->count;
    for (std::uint64_t i = 0; i < count; ++i) {
      held.emplace_back(publication.get(), i);
      if (publication->echoes == nullptr || covered.empty()) continue;
      Places::Buffer buffer;
      if (publication->PlaceOf(i, &buffer).position == covered) first_uncovered = held.size();
    }
  }
  for (std::size_t n = 0; n < held.size(); ++n) {
    const auto& [publication, i] = held[n];
    if (publication->echoes == nullptr) {
      told->text += publication->frames;
      told->payload_bytes += publication->payload_bytes;
      ++told->messages;
      continue;
    }
    Places::Buffer buffer;
    const MessagePlace place = publication->PlaceOf(i, &buffer);
    const Publication::Sent& sent = publication->sent[i];
    // A client's messages from before its welcome are echoed: a client that asked for no history gets them nowhere
    // else.
    const bool owed = since_->empty() && sent.sender == id_;
    if (n < first_uncovered && !place.position.empty() && !owed) continue;
    if (ids.contains(text::ToAbsl(place.id))) continue;
    std::string_view echo = std::string_view(*publication->echoes).substr(sent.part.echo_begin);
    const std::string_view payload = TakePayload(&echo);
    told->payload_bytes += sent.sender == id_ ? AppendPositionedEchoFrame(&told->text, payload, place)
                                              : AppendPositionedBroadcastFrame(&told->text, payload, place);
    ++told->messages;
  }
}

ClientFrames PendingJoin::PlainFrames(int client_count) const {
  ClientFrames told{.messages = 1};
  const auto id = id_.Text();
  told.payload_bytes = AppendWelcomeFrame(&told.text, {id.data(), id.size()}, client_count);
  for (const SharedPublication& publication : held_) {
    if (publication->echoes == nullptr) {
      told.text += publication->frames;
      told.payload_bytes += publication->payload_bytes;
      told.messages += publication->messages;
      continue;
    }
    for (const auto& [sender, part] : publication->sent) {
      const bool own = sender == id_;
      const std::string& from = own ? *publication->echoes : publication->frames;
      const std::size_t begin = own ? part.echo_begin : part.broadcast_begin;
      told.text.append(from, begin, (own ? part.echo_end : part.broadcast_end) - begin);
      told.payload_bytes += own ? part.echo_payload : part.broadcast_payload;
      ++told.messages;
    }
  }
  return told;
}

}  // namespace viaduct::origin
