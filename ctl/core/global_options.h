#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "ctl/core/flag.h"
#include "ctl/output/format.h"
#include "ctl/output/look.h"

namespace viaduct::ctl {

// The program whose admin API a command calls; kBoth: the sidecar, and the chat beside it.
enum class Calls { kNothing, kChat, kSidecar, kBoth };

// When words that need attention are coloured: kAuto on a terminal.
enum class ColorWhen { kAuto, kAlways, kNever };

// The addresses of the programs' admin APIs in the example configs.
inline constexpr std::string_view kChatEndpoint = "unix:/tmp/viaduct/chat-admin.sock";
inline constexpr std::string_view kSidecarEndpoint = "unix:/tmp/viaduct/sidecar-admin.sock";

// The options that every command takes; the initial values are the defaults. A value.
struct GlobalOptions {
  std::string context;   // the requested name; "" if none was requested
  std::string endpoint;  // "" until it is known which program is called
  // For a command that calls both programs: the chat's. "" if only `endpoint` is known.
  std::string chat_endpoint;
  // At most one of the two is set. The client reads the files.
  std::string token_file;
  std::string token;
  // TLS is used if `ca_file` or `certificate_file` is set; a certificate needs its key.
  std::string ca_file;
  std::string certificate_file;
  std::string private_key_file;
  // For each call, from its start to the complete answer; for a watch, until the chat has confirmed it.
  std::chrono::milliseconds timeout = std::chrono::seconds(5);
  Format format = Format::kTable;
  ColorWhen color = ColorWhen::kAuto;
  bool no_headers = false;

  // True if the result is for a script, as JSON or YAML.
  bool structured() const { return format == Format::kJson || format == Format::kYaml; }
  // The appearance of the result otherwise; looks at the terminal.
  Look look() const;
};

// The flags that write `options`, which must outlive them.
std::vector<Flag> GlobalFlags(GlobalOptions* options);

}  // namespace viaduct::ctl
