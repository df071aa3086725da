#include "origin/message/chat_frames.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <initializer_list>

#include "websocket/frame_header.h"
#include "websocket/opcode.h"

namespace viaduct::origin {
namespace {

constexpr std::string_view kEchoBegin = R"({"type":"echo")";
constexpr std::string_view kBroadcastBegin = R"({"type":"broadcast")";

std::size_t AppendTextFrame(std::string* out, std::initializer_list<std::string_view> parts) {
  std::size_t size = 0;
  for (const std::string_view part : parts) size += part.size();
  std::array<char, websocket::kMaxFrameHeaderBytes> header;
  const std::size_t header_size =
      websocket::EncodeFrameHeader({.opcode = websocket::Opcode::kText, .payload_length = size}, header.data());
  // Grows the string once instead of once per part.
  const std::size_t all = out->size() + header_size + size;
  if (out->capacity() < all) out->reserve(std::max(all, 2 * out->capacity()));
  out->append(header.data(), header_size);
  for (const std::string_view part : parts) out->append(part);
  return size;
}

// The member of a welcome or replay after which another replay comes.
constexpr std::string_view kMore = R"(,"more":true)";

// The decimal digits of a number.
class Digits {
 public:
  explicit Digits(std::int64_t number) : end_(std::to_chars(text_.data(), text_.data() + text_.size(), number).ptr) {}
  std::string_view text() const { return {text_.data(), static_cast<std::size_t>(end_ - text_.data())}; }

 private:
  std::array<char, 20> text_;
  const char* end_;
};

// Appends `begin`, then the part of an echo behind its type, then the place.
std::size_t AppendPositionedFrame(std::string* out, std::string_view begin, std::string_view echo_payload,
                                  const MessagePlace& place) {
  const std::string_view members = echo_payload.substr(kEchoBegin.size(), echo_payload.size() - kEchoBegin.size() - 1);
  const Digits sent(place.sent_ms);
  const std::string_view position = place.position.empty() ? "" : R"(,"position":")";
  const std::string_view end_of_position = place.position.empty() ? "" : R"(")";
  const std::string_view time = place.sent_ms == 0 ? "" : R"(,"time":)";
  return AppendTextFrame(out, {begin, members, position, place.position, end_of_position, R"(,"messageId":")", place.id,
                               R"(")", time, place.sent_ms == 0 ? "" : sent.text(), "}"});
}

}  // namespace

std::size_t AppendWelcomeFrame(std::string* out, std::string_view id, int client_count) {
  const Digits count(client_count);
  return AppendTextFrame(out, {R"({"type":"welcome","id":")", id, R"(","clientCount":)", count.text(), "}"});
}

std::size_t AppendEchoFrame(std::string* out, std::string_view id, std::string_view message_json,
                            std::string_view name_json) {
  const std::string_view name = name_json.empty() ? "" : R"(,"name":)";
  return AppendTextFrame(
      out, {kEchoBegin, R"(,"from":")", id, R"(")", name, name_json, R"(,"message":)", message_json, "}"});
}

std::size_t AppendBroadcastFrame(std::string* out, std::string_view id, std::string_view message_json) {
  return AppendTextFrame(out, {kBroadcastBegin, R"(,"from":")", id, R"(","message":)", message_json, "}"});
}

std::size_t AppendResumingWelcomeFrame(std::string* out, const ResumingWelcome& welcome) {
  const Digits count(welcome.client_count);
  const Digits max_bytes(static_cast<std::int64_t>(welcome.max_message_bytes));
  const Digits replayed(static_cast<std::int64_t>(welcome.replayed));
  const std::string_view before = welcome.position.empty() ? "" : R"(","position":")";
  const std::string_view follow = welcome.replayed == 0 ? "" : R"(,"replayed":)";
  const std::string_view people = welcome.people.empty() ? "" : R"(,"people":)";
  return AppendTextFrame(
      out, {R"({"type":"welcome","id":")", welcome.id, R"(","clientCount":)", count.text(), R"(,"room":")",
            welcome.room, R"(","resume":")", kResumes.Name(welcome.resume), before, welcome.position,
            R"(","maxMessageBytes":)", max_bytes.text(), follow, welcome.replayed == 0 ? "" : replayed.text(),
            welcome.more ? kMore : "", people, welcome.people, "}"});
}

std::size_t AppendReplayFrame(std::string* out, std::size_t replayed, bool more) {
  const Digits count(static_cast<std::int64_t>(replayed));
  return AppendTextFrame(out, {R"({"type":"replay","replayed":)", count.text(), more ? kMore : "", "}"});
}

std::size_t AppendPresenceFrame(std::string* out, int client_count, std::string_view people) {
  const Digits count(client_count);
  const std::string_view member = people.empty() ? "" : R"(,"people":)";
  return AppendTextFrame(out, {R"({"type":"presence","clientCount":)", count.text(), member, people, "}"});
}

std::size_t AppendNoticeFrame(std::string* out, std::string_view from_json, std::string_view message_json) {
  const std::string_view from = from_json.empty() ? "" : R"(,"from":)";
  return AppendTextFrame(out, {R"({"type":"notice")", from, from_json, R"(,"message":)", message_json, "}"});
}

std::size_t AppendPositionedEchoFrame(std::string* out, std::string_view echo_payload, const MessagePlace& place) {
  return AppendPositionedFrame(out, kEchoBegin, echo_payload, place);
}

std::size_t AppendPositionedBroadcastFrame(std::string* out, std::string_view echo_payload, const MessagePlace& place) {
  return AppendPositionedFrame(out, kBroadcastBegin, echo_payload, place);
}

std::string_view TakePayload(std::string_view* frames) {
  const websocket::ParsedHeader parsed = websocket::ParseFrameHeader(*frames, {.sender = websocket::Sender::kServer});
  const std::string_view payload = frames->substr(parsed.size, parsed.header.payload_length);
  frames->remove_prefix(parsed.size + payload.size());
  return payload;
}

}  // namespace viaduct::origin
