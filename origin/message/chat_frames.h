#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "text/closed_list.h"

namespace viaduct::origin {

// The frames that the chat sends to its clients: text frames of one JSON object each. In the plain protocol the
// members,
// their order and every byte are kept for existing clients:
//   {"type":"welcome","id":"a83b55ae-…","clientCount":4}          once, to a new client, which is counted
//   {"type":"echo","from":"a83b55ae-…","message":"…"}             to the sender of a message
//   {"type":"broadcast","from":"a83b55ae-…","message":"…"}        to everyone else
//
// Each function appends one whole unmasked frame and returns the size of its payload. `id` is a connection's UUID.
// `message_json` is the message as a quoted JSON string, made by AppendJsonString: it is escaped once for both.
std::size_t AppendWelcomeFrame(std::string* out, std::string_view id, int client_count);
//
// `name_json` is the name of a sender that gave one, quoted alike; only a client of the other protocol can. It stands
// in its echo, from which all frames of that protocol are made, and in no broadcast of the plain one:
//   {"type":"echo","from":"a83b55ae-…","name":"Ada","message":"…"}
std::size_t AppendEchoFrame(std::string* out, std::string_view id, std::string_view message_json,
                            std::string_view name_json = "");
std::size_t AppendBroadcastFrame(std::string* out, std::string_view id, std::string_view message_json);

// The welcome's statement about the messages that a resuming client missed.
enum class Resume : std::uint8_t {
  kNew,       // the client asked for none
  kComplete,  // all of them follow
  kGap,       // some are not kept any more; those that are kept follow
};
inline constexpr auto kResumes = text::ClosedListOf<Resume>({
    {Resume::kNew, "new"},
    {Resume::kComplete, "complete"},
    {Resume::kGap, "gap"},
});

// The welcome of a client that can resume: adds the room, which missed messages follow, and the position before them.
// An empty `position` is left out. None of the values needs escaping.
struct ResumingWelcome {
  std::string_view id;
  int client_count;
  std::string_view room;
  Resume resume;
  std::string_view position;
  std::size_t max_message_bytes;  // that the client may send
  // Messages that follow at once, of those that were sent before; left out if there are none. If there are `more`,
  // they follow later: AppendReplayFrame says how many.
  std::size_t replayed;
  bool more;
  std::string_view people;  // see AppendPresenceFrame
};
std::size_t AppendResumingWelcomeFrame(std::string* out, const ResumingWelcome& welcome);
// After a welcome with `more`: `replayed` further messages follow at once, and perhaps more later.
std::size_t AppendReplayFrame(std::string* out, std::size_t replayed, bool more);
// `people` is JSON, of AppendPeopleJson or null; left out if empty.
std::size_t AppendPresenceFrame(std::string* out, int client_count, std::string_view people);
// An operator's message, for resuming clients. `from_json` is the operator's name, quoted; left out if empty.
std::size_t AppendNoticeFrame(std::string* out, std::string_view from_json, std::string_view message_json);

// The position of a message in its room's history, and its id. An empty position is left out.
struct MessagePlace {
  std::string_view position;
  std::string_view id;
  // For a message that is told later than it was sent: when that was, in ms since 1970. 0 is left out.
  std::int64_t sent_ms = 0;
};
// The echo or broadcast for a resuming client, made from the payload of AppendEchoFrame.
std::size_t AppendPositionedEchoFrame(std::string* out, std::string_view echo_payload, const MessagePlace& place);
std::size_t AppendPositionedBroadcastFrame(std::string* out, std::string_view echo_payload, const MessagePlace& place);

// Returns the payload of the first frame in `frames`, which must have been made by these functions, and removes that
// frame from `frames`.
std::string_view TakePayload(std::string_view* frames);

}  // namespace viaduct::origin
