#include "ctl/command_table.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "ctl/text.h"

namespace viaduct {
namespace {

absl::Status Reject(std::string_view rule) { return absl::InvalidArgumentError(std::string(rule)); }

template <auto kMember>
absl::Status SetText(std::string_view value, Options& options) {
  if (value.empty()) return Reject("it is empty");
  options.*kMember = std::string(value);
  return absl::OkStatus();
}

template <auto kMember>
absl::Status SetSwitch(std::string_view, Options& options) {
  options.*kMember = true;
  return absl::OkStatus();
}

std::optional<int> ParseInt(std::string_view text) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

template <auto kMember, int kMin, int kMax>
absl::Status SetInt(std::string_view value, Options& options) {
  const std::optional<int> number = ParseInt(value);
  if (!number || *number < kMin || *number > kMax) {
    return Reject(absl::StrCat("expected a whole number from ", kMin, " to ", kMax));
  }
  options.*kMember = *number;
  return absl::OkStatus();
}

template <auto kMember>
absl::Status SetDuration(std::string_view value, Options& options) {
  absl::Duration duration;
  const bool parsed = absl::ParseDuration(std::string(value), &duration);
  if (!parsed || duration < absl::Milliseconds(1) || duration > absl::Hours(1)) {
    return Reject("expected a duration from 1ms to 1h, like 500ms, 5s or 2m");
  }
  options.*kMember = absl::ToChronoMilliseconds(duration);
  return absl::OkStatus();
}

// RFC 6455 section 7.4: the codes that an endpoint may send.
absl::Status SetCode(std::string_view value, Options& options) {
  const std::optional<int> code = ParseInt(value);
  const bool may_be_sent = code && ((*code >= 1000 && *code <= 1003) || (*code >= 1007 && *code <= 1014) ||
                                    (*code >= 3000 && *code <= 4999));
  if (!may_be_sent) return Reject("expected a close code: 1000 to 1003, 1007 to 1014 or 3000 to 4999");
  options.code = *code;
  return absl::OkStatus();
}

// RFC 6455 section 5.5: a control frame carries at most 125 bytes, two of which are the code.
absl::Status SetReason(std::string_view value, Options& options) {
  constexpr std::size_t kMaxReasonBytes = 123;
  if (value.size() > kMaxReasonBytes) {
    return Reject(absl::StrCat("it has ", value.size(), " bytes, a close reason has at most ", kMaxReasonBytes));
  }
  if (!IsUtf8(value)) return Reject("a close reason is UTF-8 text");
  options.reason = std::string(value);
  return absl::OkStatus();
}

absl::Status SetKinds(std::string_view value, Options& options) {
  std::vector<std::string> kinds;
  while (true) {
    const std::size_t comma = value.find(',');
    const std::string_view kind = value.substr(0, comma);
    if (std::find(kEventKinds.begin(), kEventKinds.end(), kind) == kEventKinds.end()) {
      return Reject("expected some of connected,disconnected,message, separated by commas");
    }
    kinds.emplace_back(kind);
    if (comma == std::string_view::npos) break;
    value.remove_prefix(comma + 1);
  }
  options.kinds = std::move(kinds);
  return absl::OkStatus();
}

absl::Status AddHeader(std::string_view value, Options& options) {
  const std::size_t colon = value.find(':');
  if (colon == std::string_view::npos || colon == 0) return Reject("expected a field line, 'Name: value'");
  if (value.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos) return Reject("it is not one line");
  options.headers.emplace_back(value);
  return absl::OkStatus();
}

constexpr int kMaxPageSize = 1000;
constexpr int kNoMaximum = std::numeric_limits<int>::max();

constexpr std::array kGlobalFlags = {
    Flag{"endpoint", "ADDRESS", "where the admin API is: unix:PATH, HOST:PORT or [IPV6]:PORT", "VIADUCT_ENDPOINT", "",
         SetText<&Options::endpoint>},
    Flag{"token-file", "FILE", "file with the bearer token that is asked for", "VIADUCT_TOKEN_FILE", "",
         SetText<&Options::token_file>},
    Flag{"ca", "FILE", "TLS over TCP: PEM of the authorities that may vouch for the server", "VIADUCT_CA", "",
         SetText<&Options::ca_file>},
    Flag{"cert", "FILE", "TLS over TCP: PEM certificate chain to show to the server", "VIADUCT_CERT", "",
         SetText<&Options::certificate_file>},
    Flag{"key", "FILE", "PEM private key of --cert", "VIADUCT_KEY", "", SetText<&Options::private_key_file>},
    Flag{"timeout", "DURATION", "deadline of each call (default 5s)", "", "", SetDuration<&Options::timeout>},
    Flag{"json", "", "print JSON, fields as in api/admin/v1; 64-bit numbers are strings", "", "",
         SetSwitch<&Options::json>},
    Flag{"no-headers", "", "print tables without their first line", "", "", SetSwitch<&Options::no_headers>},
};

constexpr std::array kListFlags = {
    Flag{"page-size", "N", "so many a call, up to 1000 (default 500)", "", "",
         SetInt<&Options::page_size, 1, kMaxPageSize>},
    Flag{"limit", "N", "stop after the N oldest", "", "", SetInt<&Options::limit, 1, kNoMaximum>},
    Flag{"all", "", "all of them, which is the default", "", "", SetSwitch<&Options::all>},
};

constexpr std::array kTunnelListFlags = {
    Flag{"path", "PREFIX", "only tunnels whose target begins with it", "", "", SetText<&Options::path>},
    Flag{"viewer", "PREFIX", "only viewers whose address begins with it, like 203.0.113.", "", "",
         SetText<&Options::viewer>},
    Flag{"idle", "DURATION", "only tunnels without a data frame for so long", "", "", SetDuration<&Options::idle>},
    kListFlags[0],
    kListFlags[1],
    kListFlags[2],
};

constexpr std::array kExplainFlags = {
    Flag{"header", "LINE", "a field line, 'Name: value'; as often as needed; also -H", "", "", AddHeader},
    Flag{"method", "METHOD", "of the request (default GET)", "", "", SetText<&Options::method>},
    Flag{"target", "TARGET", "path and query of the request (default /)", "", "", SetText<&Options::target>},
    Flag{"upgrade", "", "add the fields of a WebSocket handshake", "", "", SetSwitch<&Options::upgrade>},
    Flag{"raw", "FILE", "take the whole request head from a file, or - for standard input", "", "",
         SetText<&Options::raw_file>},
    Flag{"peer", "ADDRESS", "IP address of the TCP peer: the load balancer's; required", "", "",
         SetText<&Options::peer>},
    Flag{"proxy-source", "ADDRESS", "source in the connection's PROXY header, in mode NLB", "", "",
         SetText<&Options::proxy_source>},
    Flag{"config", "FILE", "ask no sidecar, but judge by this sidecar config", "", "", SetText<&Options::config_file>},
};

constexpr std::array kPayloadFlags = {
    Flag{"binary-file", "FILE", "send the file's bytes as one binary message, instead of TEXT", "", "",
         SetText<&Options::binary_file>},
};

constexpr std::array kCloseFlags = {
    Flag{"code", "CODE", "WebSocket close code (default 1000)", "", "1000 1001 1008 1011 1012 1013", SetCode},
    Flag{"reason", "TEXT", "close reason that the browser sees, up to 123 bytes", "", "", SetReason},
};

constexpr std::array kWatchFlags = {
    Flag{"kinds", "LIST", "only these: connected, disconnected, message, separated by commas", "",
         "connected disconnected message", SetKinds},
};

constexpr std::array kStatsFlags = {
    Flag{"watch", "", "print a line of rates each interval, until Ctrl-C", "", "", SetSwitch<&Options::watch>},
    Flag{"interval", "DURATION", "between two lines of --watch (default 2s)", "", "", SetDuration<&Options::interval>},
};

constexpr std::array kCommands = {
    Command{
        CommandId::kConnectionsList, "connections list", "", 0, 0, "", Calls::kChat, kListFlags,
        "Lists the open connections, oldest first.",
        "A terminal that is too narrow shows fewer columns; in a pipe nothing is cut.\n",
        "  viaductctl connections list\n"
        "  viaductctl connections list --limit 20\n"
        "  viaductctl connections list --json | jq -r '.[] | select(.viewer_address == \"203.0.113.9\") | .name'\n"},
    Command{CommandId::kConnectionsGet,
            "connections get",
            "ID",
            1,
            1,
            "ID",
            Calls::kChat,
            {},
            "Shows everything about one connection.",
            "",
            "  viaductctl connections get 7c9e6679-7425-40de-944b-e07fc1f90ae7\n"
            "  viaductctl connections get 7c9e\n"},
    Command{CommandId::kConnectionsSend, "connections send", "ID TEXT|-", 1, 2, "ID", Calls::kChat, kPayloadFlags,
            "Sends one message to one connection, as it is.",
            "\"-\" takes the text from standard input, without its last line end.\n",
            "  viaductctl connections send 7c9e 'please reload the page'\n"
            "  jq -c . notice.json | viaductctl connections send 7c9e -\n"
            "  viaductctl connections send 7c9e --binary-file frame.bin\n"},
    Command{CommandId::kConnectionsClose, "connections close", "ID", 1, 1, "ID", Calls::kChat, kCloseFlags,
            "Closes one connection, with a WebSocket close code and reason.", "",
            "  viaductctl connections close 7c9e\n"
            "  viaductctl connections close 7c9e --code 1008 --reason 'rate limit'\n"},
    Command{CommandId::kBroadcast, "broadcast", "TEXT|-", 0, 1, "", Calls::kChat, kPayloadFlags,
            "Sends one message to every connection, as it is.",
            "\"-\" takes the text from standard input, without its last line end.\n",
            "  viaductctl broadcast 'maintenance at 12:00 UTC'\n"
            "  echo '{\"type\":\"notice\"}' | viaductctl broadcast -\n"},
    Command{CommandId::kWatch, "watch", "", 0, 0, "", Calls::kChat, kWatchFlags,
            "Prints what happens to connections, until Ctrl-C.",
            "A watch that reads too slowly misses events, and prints how many. It does not reconnect: if the chat\n"
            "goes away, it ends with exit code 3. Ctrl-C ends it as any program, which shells report as 130.\n",
            "  viaductctl watch\n"
            "  viaductctl watch --kinds connected,disconnected\n"
            "  viaductctl watch --json | jq -c 'select(.event.close_code == 1006)'\n"},
    Command{CommandId::kStats, "stats", "", 0, 0, "", Calls::kChat, kStatsFlags,
            "Shows the counts since the chat's start.",
            "With --watch: a line each interval, counted from the line before.\n",
            "  viaductctl stats\n"
            "  viaductctl stats --watch --interval 1s\n"
            "  viaductctl stats --json | jq '.connections_open | tonumber'\n"},
    Command{CommandId::kHealth,
            "health",
            "",
            0,
            0,
            "",
            Calls::kChat,
            {},
            "Asks whether the chat is serving; exit code 1 if it is not.",
            "The call is grpc.health.v1.Health/Check for the whole server.\n",
            "  viaductctl health --timeout 1s\n"},
    Command{CommandId::kTunnelsList, "sidecar tunnels list", "", 0, 0, "", Calls::kSidecar, kTunnelListFlags,
            "Lists the sidecar's open tunnels.",
            "A terminal that is too narrow shows fewer columns; in a pipe nothing is cut.\n",
            "  viaductctl sidecar tunnels list\n"
            "  viaductctl sidecar tunnels list --path /websocket --idle 10m\n"
            "  viaductctl sidecar tunnels list --json | jq -r '.[].viewer_address' | sort | uniq -c\n"},
    Command{CommandId::kTunnelsGet,
            "sidecar tunnels get",
            "TUNNEL",
            1,
            1,
            "TUNNEL",
            Calls::kSidecar,
            {},
            "Shows everything about one tunnel.",
            "",
            "  viaductctl sidecar tunnels get 3f09a1c2-0-17\n"},
    Command{CommandId::kTunnelsClose, "sidecar tunnels close", "TUNNEL", 1, 1, "TUNNEL", Calls::kSidecar, kCloseFlags,
            "Closes one tunnel; viewer and application get the code and the reason.", "",
            "  viaductctl sidecar tunnels close 3f09a1c2-0-17 --code 1008 --reason 'rate limit'\n"},
    Command{CommandId::kSidecarStats,
            "sidecar stats",
            "",
            0,
            0,
            "",
            Calls::kSidecar,
            {},
            "Shows the sidecar's counts since its start.",
            "",
            "  viaductctl sidecar stats\n"},
    Command{CommandId::kSidecarLadder,
            "sidecar ladder",
            "",
            0,
            0,
            "",
            Calls::kSidecar,
            {},
            "Shows which timeout must be shorter than which, and whether it is.",
            "",
            "  viaductctl sidecar ladder\n"},
    Command{CommandId::kSidecarPolicy,
            "sidecar policy",
            "",
            0,
            0,
            "",
            Calls::kSidecar,
            {},
            "Shows whose traffic is let through: the policy in force.",
            "Of a secret only the names of its live values.\n",
            "  viaductctl sidecar policy\n"},
    Command{CommandId::kSidecarRanges,
            "sidecar ranges",
            "",
            0,
            0,
            "",
            Calls::kSidecar,
            {},
            "Shows which list of CloudFront's ranges is in force, and how old it is.",
            "",
            "  viaductctl sidecar ranges\n"
            "  viaductctl sidecar ranges --json | jq -r .sync_token\n"},
    Command{CommandId::kSidecarReload,
            "sidecar reload",
            "",
            0,
            0,
            "",
            Calls::kSidecar,
            {},
            "Has the sidecar read its files again, and waits; exit code 1 if one is broken.",
            "What is broken changes nothing, and what is good of the others is in force all the same.\n",
            "  viaductctl sidecar reload --timeout 30s\n"},
    Command{CommandId::kSidecarStatus,
            "sidecar status",
            "",
            0,
            0,
            "",
            Calls::kSidecar,
            {},
            "Shows whether the sidecar serves or drains, and how far it is.",
            "",
            "  viaductctl sidecar status\n"
            "  while ! viaductctl sidecar status | grep -q drained; do sleep 1; done\n"},
    Command{CommandId::kSidecarDrain,
            "sidecar drain",
            "",
            0,
            0,
            "",
            Calls::kSidecar,
            {},
            "Takes the sidecar out of service, as SIGTERM does, but it goes on running.",
            "Health checks and upgrades are answered 503, tunnels get Close 1012 over the configured spread.\n",
            "  viaductctl sidecar drain\n"},
    Command{CommandId::kSidecarUndrain,
            "sidecar undrain",
            "",
            0,
            0,
            "",
            Calls::kSidecar,
            {},
            "Takes the sidecar back into service.",
            "Tunnels that were told to close still do. A sidecar that is stopping cannot be taken back.\n",
            "  viaductctl sidecar undrain\n"},
    Command{
        CommandId::kExplain, "explain", "", 0, 0, "", Calls::kSidecar, kExplainFlags,
        "Says what the sidecar makes of a request, and why: \"why 403?\".",
        "Every check is shown with its outcome. Nothing is forwarded. Exit code 5 if the request is not let through.\n"
        "With --config no sidecar is asked; files and secrets that the config names must be there.\n",
        "  viaductctl explain --peer 10.0.8.12 --upgrade --target /websocket -H 'Host: chat.example.com' \\\n"
        "      -H 'X-Forwarded-For: 203.0.113.7, 130.176.114.52' -H 'Via: 1.1 abc.cloudfront.net (CloudFront)' \\\n"
        "      -H 'X-Amz-Cf-Id: 3QinF8qURdlfjvILoXcZZqalpUXpxOCEI4nLyjxNpODDTK1thF1D7w=='\n"
        "  viaductctl explain --peer 10.0.8.12 --raw request.txt\n"
        "  viaductctl explain --peer 10.0.8.12 --raw - --config sidecar.yaml < request.txt\n"},
    Command{CommandId::kCompletion,
            "completion",
            "bash|zsh",
            1,
            1,
            "bash zsh",
            Calls::kNothing,
            {},
            "Prints a shell's completion script.",
            "",
            "  source <(viaductctl completion bash)\n"
            "  viaductctl completion zsh > \"${fpath[1]}/_viaductctl\"\n"},
    Command{CommandId::kVersion,
            "version",
            "",
            0,
            0,
            "",
            Calls::kNothing,
            {},
            "Prints the version of viaductctl.",
            "'viaductctl stats' shows the chat's.\n",
            "  viaductctl version\n"},
    Command{CommandId::kHelp,
            "help",
            "[COMMAND]",
            0,
            2,
            "",
            Calls::kNothing,
            {},
            "Explains a command.",
            "",
            "  viaductctl help connections close\n"},
};

const Flag* FindIn(std::span<const Flag> flags, std::string_view name) {
  const auto found = std::find_if(flags.begin(), flags.end(), [name](const Flag& flag) { return flag.name == name; });
  return found == flags.end() ? nullptr : &*found;
}

}  // namespace

std::span<const Command> Commands() { return kCommands; }

std::span<const Flag> GlobalFlags() { return kGlobalFlags; }

const Flag* FindFlag(std::string_view name) {
  if (const Flag* flag = FindIn(kGlobalFlags, name)) return flag;
  for (const Command& command : kCommands) {
    if (const Flag* flag = FindIn(command.flags, name)) return flag;
  }
  return nullptr;
}

bool Takes(const Command& command, const Flag& flag) {
  return FindIn(kGlobalFlags, flag.name) != nullptr || FindIn(command.flags, flag.name) != nullptr;
}

}  // namespace viaduct
