#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace viaduct {

// What the chat says to its clients: one JSON object a text frame, member for member and byte for byte as the seed.
//   {"type":"welcome","id":"a83b55ae-…","clientCount":4}          once, to who has just connected, itself counted
//   {"type":"echo","from":"a83b55ae-…","message":"…"}             to the sender of a message
//   {"type":"broadcast","from":"a83b55ae-…","message":"…"}        to everyone else
//
// Each function appends one whole unmasked frame and returns the size of its payload. `id` is a connection's UUID.
// `message_json` is the message as a JSON string with its quotes, by AppendJsonString: it is escaped once for both.
std::size_t AppendWelcomeFrame(std::string* out, std::string_view id, int client_count);
std::size_t AppendEchoFrame(std::string* out, std::string_view id, std::string_view message_json);
std::size_t AppendBroadcastFrame(std::string* out, std::string_view id, std::string_view message_json);

}  // namespace viaduct
