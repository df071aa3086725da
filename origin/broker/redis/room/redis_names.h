#pragma once

#include <string>
#include <string_view>

namespace viaduct::origin {

// What our keys and channels are called. All of one room carry the room in braces, which a Redis cluster hashes alone:
// so they lie on one shard and one script may use them together. A value.
class RedisNames {
 public:
  // `prefix` keeps several chats apart in one Redis; without braces.
  explicit RedisNames(std::string prefix) : prefix_(std::move(prefix)) {}

  // The stream of a room's messages.
  std::string Stream(std::string_view room) const { return OfRoom(room, "messages"); }
  // The number of a task's last message in it.
  std::string LastNumber(std::string_view room, std::string_view task) const {
    return OfRoom(room, "last:") + std::string(task);
  }
  // A hash of tasks and their clients.
  std::string Presence(std::string_view room) const { return OfRoom(room, "presence"); }
  // Where both are told.
  std::string Channel(std::string_view room) const { return OfRoom(room, "news"); }

  // A hash of all tasks; as a room's presence.
  std::string Tasks() const { return OfAll("tasks"); }
  // There is none under this name: what PresenceScript asks for as the stream.
  std::string TasksStream() const { return OfAll("messages"); }
  // To all tasks, and to one.
  std::string ClusterChannel() const { return OfAll("all"); }
  std::string TaskChannel(std::string_view task) const { return OfAll("to:") + std::string(task); }

 private:
  std::string OfRoom(std::string_view room, std::string_view what) const {
    return prefix_ + ":{room:" + std::string(room) + "}:" + std::string(what);
  }
  std::string OfAll(std::string_view what) const { return prefix_ + ":{tasks}:" + std::string(what); }

  const std::string prefix_;
};

}  // namespace viaduct::origin
