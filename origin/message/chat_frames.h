#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace viaduct::origin {

// What the chat says to its clients: one JSON object a text frame. This is the plain protocol, whose members, their
// order and bytes are kept for clients that exist:
//   {"type":"welcome","id":"a83b55ae-…","clientCount":4}          once, to who has just connected, itself counted
//   {"type":"echo","from":"a83b55ae-…","message":"…"}             to the sender of a message
//   {"type":"broadcast","from":"a83b55ae-…","message":"…"}        to everyone else
//
// Each function appends one whole unmasked frame and returns the size of its payload. `id` is a connection's UUID.
// `message_json` is the message as a JSON string with its quotes, by AppendJsonString: it is escaped once for both.
std::size_t AppendWelcomeFrame(std::string* out, std::string_view id, int client_count);
std::size_t AppendEchoFrame(std::string* out, std::string_view id, std::string_view message_json);
std::size_t AppendBroadcastFrame(std::string* out, std::string_view id, std::string_view message_json);

// What a resuming client is told of the messages that it missed.
enum class Resume : std::uint8_t {
  kNew,       // it asked for none
  kComplete,  // all of them follow
  kGap,       // some of them are not kept any more; what is kept follows
};

// To a client that can resume: with the room, what of the missed messages follows, and where the client stands before
// them. An empty `position` is left out. Nothing of it needs escapes.
struct ResumingWelcome {
  std::string_view id;
  int client_count;
  std::string_view room;
  Resume resume;
  std::string_view position;
};
std::size_t AppendResumingWelcomeFrame(std::string* out, const ResumingWelcome& welcome);
std::size_t AppendPresenceFrame(std::string* out, int client_count);

// Where a message stands in its room's history, and its id. An empty position is left out.
struct MessagePlace {
  std::string_view position;
  std::string_view id;
};
// The echo or broadcast for a resuming client, made of the payload of AppendEchoFrame.
std::size_t AppendPositionedEchoFrame(std::string* out, std::string_view echo_payload, const MessagePlace& place);
std::size_t AppendPositionedBroadcastFrame(std::string* out, std::string_view echo_payload, const MessagePlace& place);

// The payload of the first of `frames`, which these functions made, and moves `frames` behind it.
std::string_view TakePayload(std::string_view* frames);

}  // namespace viaduct::origin
