#pragma once

#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace viaduct::ctl {

// The wire names of api/admin/v1's Event.Kind, in lower case.
inline constexpr std::array<std::string_view, 3> kEventKinds = {"connected", "disconnected", "message"};

// Where each program serves its admin API in the example configs.
inline constexpr std::string_view kChatEndpoint = "unix:/tmp/viaduct/chat-admin.sock";
inline constexpr std::string_view kSidecarEndpoint = "unix:/tmp/viaduct/sidecar-admin.sock";

// What flags and environment variables say; the initial values are the defaults. A value.
struct Options {
  std::string context;   // the name that was asked for; "" if none was
  std::string endpoint;  // unset: of the program that the command is for
  // At most one of the two is set. Files are named here and read by the client.
  std::string token_file;
  std::string token;
  // TLS if `ca_file` or `certificate_file` is set; certificate and key come together.
  std::string ca_file;
  std::string certificate_file;
  std::string private_key_file;
  // Of each call, from its start to the whole answer; of a watch, until the chat has confirmed it.
  std::chrono::milliseconds timeout = std::chrono::seconds(5);
  bool json = false;
  bool no_headers = false;

  // connections list, sidecar tunnels list
  int page_size = 500;
  std::optional<int> limit;
  bool all = false;

  // connections list and close, watch, broadcast: of which room; "" is the default one.
  std::optional<std::string> room;
  // connections list and close
  std::string peer_range;
  std::optional<std::chrono::milliseconds> age;

  // Also of the other tasks of the chat.
  bool cluster = false;

  // connections close, drain
  std::optional<std::chrono::milliseconds> spread;
  bool dry_run = false;
  bool wait = false;

  // stats
  int rooms = 0;

  // help
  bool man = false;

  // connections send, broadcast
  std::optional<std::string> binary_file;

  // connections close, sidecar tunnels close
  int code = 1000;
  std::string reason;

  // watch; each one of kEventKinds, none means all.
  std::vector<std::string> kinds;

  // sidecar tunnels list; the last two also connections list and close
  std::string path;
  std::string viewer;
  std::optional<std::chrono::milliseconds> idle;

  // explain
  std::vector<std::string> headers;
  std::string method = "GET";
  std::string target = "/";
  bool upgrade = false;
  std::string raw_file;
  std::string config_file;
  std::string peer;
  std::string proxy_source;

  // stats
  bool watch = false;
  std::chrono::milliseconds interval = std::chrono::seconds(2);
};

}  // namespace viaduct::ctl
