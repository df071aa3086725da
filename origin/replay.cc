#include "origin/replay.h"

#include <string_view>

#include "origin/chat_message.h"
#include "origin/publication.h"

namespace viaduct {

Replayed AppendMissed(std::string* out, std::uint64_t epoch, std::span<const History::Slice> missed) {
  Replayed replayed;
  for (const History::Slice& slice : missed) {
    std::string_view rest = *slice.echoes;
    for (std::uint64_t i = 0; i < slice.skip; ++i) TakePayload(&rest);
    for (std::uint64_t i = 0; i < slice.count; ++i) {
      Places::Buffer buffer;
      const std::string_view position = Places::Write(epoch, slice.first + i, &buffer);
      replayed.payload_bytes +=
          AppendPositionedBroadcastFrame(out, TakePayload(&rest), {.position = position, .id = position});
      ++replayed.messages;
    }
  }
  return replayed;
}

}  // namespace viaduct
