#pragma once

#include <string>
#include <string_view>

namespace viaduct::origin {

// Names of keys and channels. Names of one room contain the room in braces, and a Redis cluster hashes only that part:
// so they are on one shard, and one script may use them together. A value.
class RedisNames {
 public:
  // `prefix` separates several chats in one Redis; it must not contain braces. Channels belong to no database, so their
  // names contain its number, except for database 0.
  RedisNames(const std::string& prefix, int database)
      : prefix_(prefix), channel_prefix_(database == 0 ? prefix : prefix + ":" + std::to_string(database)) {}

  // The stream with a room's messages.
  std::string Stream(std::string_view room) const { return OfRoom(room, "messages"); }
  // The id of the last entry of that stream, which outlives the stream.
  std::string End(std::string_view room) const { return OfRoom(room, "end"); }
  // The number of a task's last message in that stream.
  std::string LastNumber(std::string_view room, std::string_view task) const {
    return OfRoom(room, "last:") + std::string(task);
  }
  // The hash of tasks and their number of clients.
  std::string Presence(std::string_view room) const { return OfRoom(room, "presence"); }
  // The channel for announcements of messages and presence.
  std::string Channel(std::string_view room) const {
    return channel_prefix_ + ":{room:" + std::string(room) + "}:news";
  }

  // The hash of all tasks; like a room's presence.
  std::string Tasks() const { return OfAll("tasks"); }
  // The names that PresenceScript gets as the stream and its end; there is no such stream.
  std::string TasksStream() const { return OfAll("messages"); }
  std::string TasksEnd() const { return OfAll("end"); }
  // The channel to all tasks, and the channel to one.
  std::string ClusterChannel() const { return channel_prefix_ + ":{tasks}:all"; }
  std::string TaskChannel(std::string_view task) const { return channel_prefix_ + ":{tasks}:to:" + std::string(task); }

 private:
  std::string OfRoom(std::string_view room, std::string_view what) const {
    return prefix_ + ":{room:" + std::string(room) + "}:" + std::string(what);
  }
  std::string OfAll(std::string_view what) const { return prefix_ + ":{tasks}:" + std::string(what); }

  const std::string prefix_;
  const std::string channel_prefix_;
};

}  // namespace viaduct::origin
