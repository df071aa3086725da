#include "origin/room/first_frames.h"

#include <string_view>

#include "origin/message/chat_frames.h"
#include "origin/message/publication.h"

namespace viaduct::origin {

namespace {

void AppendMissed(const Hub::Joined& joined, std::chrono::system_clock::time_point now, ClientFrames* out) {
  for (const History::Slice& slice : joined.missed) {
    std::string_view rest = *slice.echoes;
    const auto sent =
        std::chrono::ceil<std::chrono::milliseconds>((now - (joined.time - slice.time)).time_since_epoch());
    for (std::uint64_t i = 0; i < slice.skip; ++i) TakePayload(&rest);
    for (std::uint64_t i = 0; i < slice.count; ++i) {
      Places::Buffer buffer;
      const std::string_view position = Places::Write(joined.epoch, slice.first + i, &buffer);
      out->payload_bytes += AppendPositionedBroadcastFrame(
          &out->text, TakePayload(&rest), {.position = position, .id = position, .sent_ms = sent.count()});
      ++out->messages;
    }
  }
}

std::size_t CountMissed(const Hub::Joined& joined) {
  std::size_t count = 0;
  for (const History::Slice& slice : joined.missed) count += slice.count;
  return count;
}

}  // namespace

ClientFrames FirstFrames(const Uuid& id, Dialect dialect, const Hub::Joined& joined, std::size_t max_message_bytes,
                         std::chrono::system_clock::time_point now) {
  const auto id_text = id.Text();
  const std::string_view id_view(id_text.data(), id_text.size());
  ClientFrames frames{.messages = 1};
  if (dialect == Dialect::kPlain) {
    frames.payload_bytes = AppendWelcomeFrame(&frames.text, id_view, joined.client_count);
    return frames;
  }
  Places::Buffer buffer;
  const std::shared_ptr<const std::string> people = joined.room->roster().Json();
  frames.payload_bytes =
      AppendResumingWelcomeFrame(&frames.text, {.id = id_view,
                                                .client_count = joined.client_count,
                                                .room = joined.room->name(),
                                                .resume = joined.resume,
                                                .position = Places::Write(joined.epoch, joined.position, &buffer),
                                                .max_message_bytes = max_message_bytes,
                                                .replayed = CountMissed(joined),
                                                .more = false,
                                                .people = *people});
  AppendMissed(joined, now, &frames);
  return frames;
}

}  // namespace viaduct::origin
