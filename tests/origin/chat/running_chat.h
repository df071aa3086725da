#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/unique_fd.h"
#include "ops/log/log_sink.h"
#include "origin/chat/chat.h"
#include "origin/config/config.h"
#include "origin/room/broker_link.h"
#include "tests/support/raw_peer.h"

namespace viaduct::origin {

// A chat on a free port of loopback whose log can be read.
class RunningChat {
 public:
  // Returns a config with two workers, port 0, and the defaults.
  static OriginConfig Config();

  RunningChat() : RunningChat(Config()) {}
  explicit RunningChat(const OriginConfig& config, const BrokerLink::MakeBroker& make_broker = nullptr);
  ~RunningChat();

  Chat& chat() { return *chat_; }
  std::string address() const { return chat_->address().ToString(); }
  ops::LogSink* log() { return log_.get(); }
  // Returns everything logged so far.
  std::string Log();
  // Waits until the log has `count` lines that contain `text`, and returns them; fewer if they do not come in time.
  std::vector<std::string> LogLines(std::string_view text, std::size_t count = 1);

 private:
  net::UniqueFd log_file_;
  std::unique_ptr<ops::LogSink> log_;
  std::unique_ptr<Chat> chat_;
};

// Waits until `fact` is true. Returns false if it does not become true in time.
bool Eventually(const std::function<bool()>& fact);

// Returns the value of a member of a JSON object on one line, without quotes: enough for these tests.
std::string JsonMember(std::string_view json, std::string_view name);

// Returns the handshake of a client with the RFC's own key, and with further field lines.
std::string Handshake(std::string_view target = "/websocket", std::string_view fields = "");

// A masked frame, with everything that a client could get wrong.
struct ClientFrame {
  int first_byte = 0x81;
  std::string payload = {};
  bool masked = true;
  std::optional<std::uint64_t> claimed_size = std::nullopt;  // instead of the payload's
  int length_bytes = 0;                                      // 1, 3 or 9: the form of the length; 0 is the shortest
};
std::string Bytes(const ClientFrame& frame);

// One frame that the server sent.
struct ServerFrame {
  int first_byte = 0;
  std::string payload = {};
};
// nullopt if the connection ends first.
std::optional<ServerFrame> ReadFrame(RawPeer* peer);
// Returns the code of the Close that comes after any other frames; 1006 if none comes, 1005 if it has no code.
int ReadCloseCode(RawPeer* peer);
// Returns the payload of the next frame; "nothing came" if the connection ends first.
std::string ReadPayload(RawPeer* peer);
// Does the handshake and takes the welcome; returns the id in it.
std::string OpenWebSocket(RawPeer* peer);
// The same for another target, such as "/websocket?room=a"; returns the whole welcome.
std::string OpenWebSocket(RawPeer* peer, std::string_view target);

// A client in a room of a chat.
struct ChatClient {
  std::unique_ptr<RawPeer> peer;
  std::string welcome = {};
  std::string id = {};

  void Say(const std::string& text);
  // Returns the payload of the next frame; "nothing came" if the connection ends first.
  std::string Hear();
  // The same for the next frame that is not a presence or replay message.
  std::string HearMessage();
};
// `query` is that of the handshake's target, such as "?room=r&since=".
ChatClient JoinRoom(RunningChat* running, const std::string& query);

}  // namespace viaduct::origin
