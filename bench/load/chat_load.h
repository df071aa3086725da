#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "bench/load/chat_message.h"
#include "bench/load/edge_head.h"
#include "bench/load/load.h"
#include "net/unique_fd.h"

namespace viaduct::bench {

// Clients of a chat, in one or several rooms. A message must reach everybody in its room, once, whole and in the
// sender's order: its sender as an echo, the others as a broadcast. One operation is one such delivery; `count` counts
// messages. A message's time ends when the last member has it. Opening a client means connecting it and receiving its
// welcome.
class ChatLoad : public Load {
 public:
  explicit ChatLoad(const LoadOptions& options);

  Report Open(std::size_t count) override;
  Report Run(Goal goal) override;

 protected:
  void React(std::uint64_t tag) override;

 private:
  struct Sending {
    Goal::Clock::time_point begun;
    std::size_t missing;  // members that do not have it yet
  };
  struct Member {
    net::UniqueFd fd;
    bool upgraded = false;
    bool open = false;
    std::string kept;  // the beginning of an incomplete frame
    std::string unsent;
    // The next number expected from each sender of its room.
    std::vector<std::uint32_t> expected;
    // For a sender: messages begun, messages that everybody has, and those in between, by their numbers.
    std::uint32_t begun = 0;
    std::uint32_t finished = 0;
    std::vector<Sending> under_way;
  };

  std::size_t RoomOf(std::size_t member) const { return member % options_.rooms; }
  std::size_t RoomSize(std::size_t room) const;
  void Connect();
  // Makes every member expect the senders' next messages.
  void PrepareSenders();
  void BeginSome(Goal& goal);
  // Begins the next sender's message, if the goal allows; one must have room.
  bool BeginNext(Goal& goal, Goal::Clock::time_point now);
  // Waits for events, at most until the next message is due.
  void Wait();
  void Send(Member& member);
  void Consume(std::size_t number, std::string_view bytes);
  // Returns how many of `bytes` belong to the answer and the welcome.
  std::size_t ConsumeOpening(std::size_t number, std::string_view bytes);
  void Count(std::size_t number, const ChatMessages::Delivery& delivery);

  std::vector<UpgradeHeads> heads_;  // one a room
  ChatMessages messages_;
  std::vector<Member> members_;
  std::vector<char> block_;
  std::size_t opened_ = 0;
  std::vector<std::string> ids_;  // the ids of their welcomes

  // State of the current run.
  Report report_;
  bool done_ = true;
  std::size_t senders_ = 0;  // the number of members that speak, in turn
  std::size_t next_ = 0;
  std::size_t under_way_ = 0;         // messages
  Goal::Clock::time_point progress_;  // when a message was last begun or finished
  std::vector<std::size_t> to_flush_;
  std::chrono::nanoseconds period_;  // 0: messages are sent as soon as there is room
  Goal::Clock::time_point due_;
};

}  // namespace viaduct::bench
