#include "origin/room/pending_join.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "ops/log/json_line.h"
#include "origin/message/chat_frames.h"
#include "origin/message/since.h"
#include "text/string_view.h"

namespace viaduct::origin {
namespace {

// The most ids that are remembered of messages without a position; a client knows further ones by their ids.
constexpr std::size_t kMaxToldIds = 4096;

// True if a publication is in the broker's history.
bool HasPlaces(const Publication& publication) {
  return publication.echoes != nullptr && std::none_of(publication.places.named.begin(), publication.places.named.end(),
                                                       [](const NamedPlace& place) { return place.position.empty(); });
}

void AppendOperators(const Publication& publication, ClientFrames* told) {
  const Broadcasts operators = BroadcastsOf(publication, {.dialect = Dialect::kResuming});
  told->text += *operators.frames;
  told->payload_bytes += operators.payload_bytes;
  told->messages += operators.messages;
}

}  // namespace

bool PendingJoin::Hold(std::span<const SharedPublication> publications) {
  for (const SharedPublication& publication : publications) {
    if (dropped_ && HasPlaces(*publication)) continue;
    held_.push_back(publication);
    bytes_ += publication->bytes();
  }
  if (bytes_ <= max_bytes_ || !resumes() || dropped_) return bytes_ <= max_bytes_;
  dropped_ = true;
  std::erase_if(held_, [](const SharedPublication& publication) { return HasPlaces(*publication); });
  bytes_ = 0;
  for (const SharedPublication& publication : held_) bytes_ += publication->bytes();
  return bytes_ <= max_bytes_;
}

bool PendingJoin::resumes() const { return since_.has_value() && !since_->empty() && !NewestAsked(*since_); }

bool PendingJoin::Completes(const absl::StatusOr<Broker::History>& history) const {
  return history.ok() ? !history->more && !dropped_ : !resumes();
}

ClientFrames PendingJoin::FirstFrames(const Greeting& greeting, const absl::StatusOr<Broker::History>& history) {
  if (!since_) return PlainFrames(greeting.client_count);
  ClientFrames told;
  AppendWelcome(greeting, history, &told);
  AppendAnswer(history, &told);
  return told;
}

ClientFrames PendingJoin::FurtherFrames(const absl::StatusOr<Broker::History>& history) {
  ClientFrames told;
  if (history.ok()) {
    const auto is_new = [this](const RoomMessage& message) { return !told_ids_.contains(text::ToAbsl(message.id)); };
    const auto count = std::count_if(history->messages.begin(), history->messages.end(), is_new);
    told.payload_bytes += AppendReplayFrame(&told.text, static_cast<std::size_t>(count), !Completes(history));
    ++told.messages;
  }
  AppendAnswer(history, &told);
  return told;
}

ClientFrames PendingJoin::FramesBetween(std::span<const SharedPublication> publications) {
  ClientFrames told;
  AppendUnplaced(publications, &told);
  return told;
}

void PendingJoin::AppendAnswer(const absl::StatusOr<Broker::History>& history, ClientFrames* told) {
  if (history.ok()) AppendMissed(history->messages, told);
  if (Completes(history)) {
    AppendHeld(history, told);
  } else {
    AppendUnplaced(held_, told);
    if (history.ok()) since_ = history->messages.empty() ? history->position : history->messages.back().position;
  }
  held_.clear();
  bytes_ = 0;
  dropped_ = false;
}

void PendingJoin::AppendMissed(const std::vector<RoomMessage>& messages, ClientFrames* told) const {
  std::string json;
  std::string name_json;
  std::string echo;
  for (const RoomMessage& message : messages) {
    if (told_ids_.contains(text::ToAbsl(message.id))) continue;
    const auto sender = message.sender.Text();
    json.clear();
    echo.clear();
    ops::AppendJsonString(&json, message.text);
    name_json.clear();
    if (!message.name.empty()) ops::AppendJsonString(&name_json, message.name);
    AppendEchoFrame(&echo, {sender.data(), sender.size()}, json, name_json);
    std::string_view rest = echo;
    const std::string_view payload = TakePayload(&rest);
    const MessagePlace place{.position = message.position, .id = message.id, .sent_ms = message.sent_ms};
    told->payload_bytes += message.sender == id_ ? AppendPositionedEchoFrame(&told->text, payload, place)
                                                 : AppendPositionedBroadcastFrame(&told->text, payload, place);
    ++told->messages;
  }
}

// Appends what is not in the broker's history, or not yet.
void PendingJoin::AppendUnplaced(std::span<const SharedPublication> publications, ClientFrames* told) {
  for (const SharedPublication& publication : publications) {
    if (publication->echoes == nullptr) {
      AppendOperators(*publication, told);
      continue;
    }
    for (std::uint64_t i = 0; i < publication->count; ++i) {
      Places::Buffer buffer;
      const MessagePlace place = publication->PlaceOf(i, &buffer);
      if (!place.position.empty()) continue;
      if (told_ids_.size() < kMaxToldIds) told_ids_.insert(std::string(place.id));
      AppendSent(*publication, i, place, told);
    }
  }
}

void PendingJoin::AppendWelcome(const Greeting& greeting, const absl::StatusOr<Broker::History>& history,
                                ClientFrames* told) const {
  const auto id = id_.Text();
  Resume resume = Resume::kNew;
  if (!since_->empty() && !NewestAsked(*since_)) {
    const bool complete = history.ok() && history->kind == Broker::History::Kind::kComplete;
    resume = complete ? Resume::kComplete : Resume::kGap;
  }
  told->payload_bytes += AppendResumingWelcomeFrame(
      &told->text, {.id = {id.data(), id.size()},
                    .client_count = greeting.client_count,
                    .room = greeting.room,
                    .resume = resume,
                    .position = history.ok() ? std::string_view(history->position) : std::string_view(),
                    .max_message_bytes = greeting.max_message_bytes,
                    .replayed = history.ok() ? history->messages.size() : 0,
                    .more = history.ok() && !Completes(history),
                    .people = greeting.people});
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
      AppendOperators(*publication, told);
      continue;
    }
    Places::Buffer buffer;
    const MessagePlace place = publication->PlaceOf(i, &buffer);
    // A client's messages from before its welcome are echoed: a client that asked for no position may get them nowhere
    // else.
    const bool owed = !resumes() && publication->sent[i].sender == id_;
    if (n < first_uncovered && !place.position.empty() && !owed) continue;
    if (ids.contains(text::ToAbsl(place.id)) || told_ids_.contains(text::ToAbsl(place.id))) continue;
    AppendSent(*publication, i, place, told);
  }
}

void PendingJoin::AppendSent(const Publication& publication, std::uint64_t i, const MessagePlace& place,
                             ClientFrames* told) const {
  const Publication::Sent& sent = publication.sent[i];
  std::string_view echo = std::string_view(*publication.echoes).substr(sent.part.echo_begin);
  const std::string_view payload = TakePayload(&echo);
  told->payload_bytes += sent.sender == id_ ? AppendPositionedEchoFrame(&told->text, payload, place)
                                            : AppendPositionedBroadcastFrame(&told->text, payload, place);
  ++told->messages;
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
