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

// Returns "" for what is no name.
std::string_view NameIn(std::string_view text) { return IsPersonName(text) ? text : std::string_view(); }

bool ReadPeople(std::string_view text, People* people) {
  const std::optional<std::vector<std::string_view>> parts = ParseNetstrings(text);
  if (!parts.has_value() || parts->size() % 2 != 0 || parts->size() / 2 > kMaxPeopleTold + 1) return false;
  for (std::size_t i = 0; i < parts->size(); i += 2) {
    Person person{.id = {}, .name = std::string((*parts)[i + 1])};
    if (!ReadSender((*parts)[i], &person.id) || !IsPersonName(person.name)) return false;
    people->push_back(std::move(person));
  }
  return true;
}

std::optional<RoomAnnouncement> ParseMessages(std::string_view room, const std::vector<std::string_view>& parts) {
  constexpr std::size_t kHead = 3;
  const bool named = parts[0] == "N";
  const std::size_t each = named ? 6 : 5;
  StreamId previous;
  if (parts.size() <= kHead || (parts.size() - kHead) % each != 0 || !ReadId(parts[1], &previous)) return std::nullopt;
  std::vector<RoomEntry> entries;
  for (std::size_t i = kHead; i < parts.size(); i += each) {
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
    if (named) entry.message.name = NameIn(parts[i + 5]);
    previous = entry.id;
    entries.push_back(std::move(entry));
  }
  return entries;
}

bool ReadPresence(std::string_view task, std::string_view clients, std::string_view millis, std::string_view people,
                  PresenceAnnouncement* news) {
  news->task = task;
  return text::ReadNumber(clients, &news->clients) && news->clients >= 0 && text::ReadNumber(millis, &news->millis) &&
         ReadPeople(people, &news->people);
}

bool ReadField(const RedisReply& name, RedisReply&& value, RoomEntry* entry) {
  if (name.text == "p") return ReadId(value.text, &entry->previous);
  if (name.text == "t") entry->task = std::move(value.text);
  if (name.text == "n") return text::ReadNumber(value.text, &entry->number);
  if (name.text == "i") entry->message.id = std::move(value.text);
  if (name.text == "s") return ReadSender(value.text, &entry->message.sender);
  if (name.text == "a") entry->message.name = NameIn(value.text);
  if (name.text == "m") entry->message.text = std::move(value.text);
  return true;
}

}  // namespace

std::string PackPeople(const People& people) {
  std::string packed;
  for (const Person& person : people) {
    const auto id = person.id.Text();
    AppendNetstring({id.data(), id.size()}, &packed);
    AppendNetstring(person.name, &packed);
  }
  return packed;
}

std::optional<RoomAnnouncement> ParseAnnouncement(std::string_view room, std::string_view payload) {
  const std::optional<std::vector<std::string_view>> parts = ParseNetstrings(payload);
  if (!parts.has_value() || parts->empty()) return std::nullopt;
  if (parts->front() == "M" || parts->front() == "N") return ParseMessages(room, *parts);
  PresenceAnnouncement news;
  if (parts->front() != "P" || parts->size() < 4 || parts->size() > 5) return std::nullopt;
  const std::string_view people = parts->size() == 5 ? (*parts)[4] : std::string_view();
  if (!ReadPresence((*parts)[1], (*parts)[2], (*parts)[3], people, &news)) return std::nullopt;
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
  for (std::size_t i = 0; i + 3 < others.elements.size(); i += 4) {
    PresenceAnnouncement news;
    if (!ReadPresence(others.elements[i].text, others.elements[i + 1].text, others.elements[i + 2].text,
                      others.elements[i + 3].text, &news)) {
      return std::nullopt;
    }
    all.push_back(std::move(news));
  }
  return all;
}

}  // namespace viaduct::origin
