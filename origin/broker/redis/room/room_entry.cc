#include "origin/broker/redis/room/room_entry.h"

#include <cstddef>
#include <utility>

#include "origin/broker/redis/room/netstring.h"
#include "text/number.h"

namespace viaduct::origin {
namespace {

bool ReadId(std::string_view text, StreamId* id) {
  const std::optional<StreamId> parsed = StreamId::Parse(text);
  if (parsed.has_value()) *id = *parsed;
  return parsed.has_value();
}

bool ReadSender(std::string_view text, Uuid* sender) {
  const std::optional<Uuid> parsed = Uuid::Parse(text);
  if (parsed.has_value()) *sender = *parsed;
  return parsed.has_value();
}

std::optional<RoomAnnouncement> ParseMessages(std::string_view room, const std::vector<std::string_view>& parts) {
  constexpr std::size_t kHead = 3;
  constexpr std::size_t kEach = 5;
  StreamId previous;
  if (parts.size() <= kHead || (parts.size() - kHead) % kEach != 0 || !ReadId(parts[1], &previous)) return std::nullopt;
  std::vector<RoomEntry> entries;
  for (std::size_t i = kHead; i < parts.size(); i += kEach) {
    RoomEntry entry;
    entry.previous = previous;
    entry.task = parts[2];
    if (!ReadId(parts[i], &entry.id) || !text::ReadNumber(parts[i + 1], &entry.number) ||
        !ReadSender(parts[i + 3], &entry.message.sender)) {
      return std::nullopt;
    }
    entry.message.room = room;
    entry.message.id = parts[i + 2];
    entry.message.text = parts[i + 4];
    entry.message.position = parts[i];
    previous = entry.id;
    entries.push_back(std::move(entry));
  }
  return entries;
}

bool ReadPresence(std::string_view task, std::string_view clients, std::string_view millis,
                  PresenceAnnouncement* news) {
  news->task = task;
  return text::ReadNumber(clients, &news->clients) && news->clients >= 0 && text::ReadNumber(millis, &news->millis);
}

bool ReadField(const RedisReply& name, RedisReply&& value, RoomEntry* entry) {
  if (name.text == "p") return ReadId(value.text, &entry->previous);
  if (name.text == "t") entry->task = std::move(value.text);
  if (name.text == "n") return text::ReadNumber(value.text, &entry->number);
  if (name.text == "i") entry->message.id = std::move(value.text);
  if (name.text == "s") return ReadSender(value.text, &entry->message.sender);
  if (name.text == "m") entry->message.text = std::move(value.text);
  return true;
}

}  // namespace

std::optional<RoomAnnouncement> ParseAnnouncement(std::string_view room, std::string_view payload) {
  const std::optional<std::vector<std::string_view>> parts = ParseNetstrings(payload);
  if (!parts.has_value() || parts->empty()) return std::nullopt;
  if (parts->front() == "M") return ParseMessages(room, *parts);
  PresenceAnnouncement news;
  if (parts->front() != "P" || parts->size() != 4 || !ReadPresence((*parts)[1], (*parts)[2], (*parts)[3], &news)) {
    return std::nullopt;
  }
  return news;
}

std::optional<std::vector<RoomEntry>> ParseRoomEntries(std::string_view room, RedisReply entries) {
  std::vector<RoomEntry> parsed;
  for (RedisReply& from : entries.elements) {
    RoomEntry entry;
    if (from.elements.size() != 2 || !ReadId(from.elements[0].text, &entry.id)) return std::nullopt;
    std::vector<RedisReply>& fields = from.elements[1].elements;
    for (std::size_t i = 0; i + 1 < fields.size(); i += 2) {
      if (!ReadField(fields[i], std::move(fields[i + 1]), &entry)) return std::nullopt;
    }
    if (entry.task.empty() || entry.number == 0 || entry.message.id.empty()) return std::nullopt;
    entry.message.room = room;
    entry.message.position = std::move(from.elements[0].text);
    parsed.push_back(std::move(entry));
  }
  return parsed;
}

std::optional<std::vector<PresenceAnnouncement>> ParsePresence(const RedisReply& others) {
  std::vector<PresenceAnnouncement> all;
  for (std::size_t i = 0; i + 2 < others.elements.size(); i += 3) {
    PresenceAnnouncement news;
    if (!ReadPresence(others.elements[i].text, others.elements[i + 1].text, others.elements[i + 2].text, &news)) {
      return std::nullopt;
    }
    all.push_back(std::move(news));
  }
  return all;
}

}  // namespace viaduct::origin
