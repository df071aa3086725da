#include "ctl/core/command_table.h"

#include <algorithm>
#include <array>

#include "ctl/core/command_flags.h"

namespace viaduct::ctl {
namespace {

constexpr std::array kCommands = {
    Command{
        CommandId::kConnectionsList, "connections list", "", 0, 0, "", Calls::kChat, kConnectionListFlags,
        "Lists the open connections, oldest first.",
        "A terminal that is too narrow shows fewer columns; in a pipe nothing is cut.\n",
        "  viaductctl connections list\n"
        "  viaductctl connections list --room lobby --idle 10m\n"
        "  viaductctl connections list --json | jq -r '.[] | select(.viewer_address == \"203.0.113.9\") | .name'\n"},
    Command{CommandId::kConnectionsGet, "connections get", "ID", 1, 1, "ID", Calls::kChat, kClusterFlags,
            "Shows everything about one connection.", "",
            "  viaductctl connections get 7c9e6679-7425-40de-944b-e07fc1f90ae7\n"
            "  viaductctl connections get 7c9e\n"},
    Command{CommandId::kConnectionsSend, "connections send", "ID TEXT|-", 1, 2, "ID", Calls::kChat, kSendFlags,
            "Sends one message to one connection, as it is.",
            "\"-\" takes the text from standard input, without its last line end.\n",
            "  viaductctl connections send 7c9e 'please reload the page'\n"
            "  jq -c . notice.json | viaductctl connections send 7c9e -\n"
            "  viaductctl connections send 7c9e --binary-file frame.bin\n"},
    Command{CommandId::kConnectionsClose, "connections close", "[ID]", 0, 1, "ID", Calls::kChat, kConnectionCloseFlags,
            "Closes one connection, those that a filter finds, or --all, with code and reason.",
            "Of many, those that are open now, the oldest first, evenly over --spread. It goes on without viaductctl;\n"
            "--wait stays and shows how far it is, on a terminal with a bar.\n",
            "  viaductctl connections close 7c9e\n"
            "  viaductctl connections close 7c9e --code 1008 --reason 'rate limit'\n"
            "  viaductctl connections close --room lobby --idle 1h --dry-run\n"
            "  viaductctl connections close --all --code 1012 --spread 5m --wait\n"},
    Command{CommandId::kBroadcast, "broadcast", "TEXT|-", 0, 1, "", Calls::kChat, kBroadcastFlags,
            "Sends one message to every connection, or those of a room, as it is.",
            "\"-\" takes the text from standard input, without its last line end.\n",
            "  viaductctl broadcast 'maintenance at 12:00 UTC'\n"
            "  viaductctl broadcast --room lobby 'this room moves'\n"
            "  echo '{\"type\":\"notice\"}' | viaductctl broadcast -\n"},
    Command{
        CommandId::kWatch, "watch", "", 0, 0, "", Calls::kChat, kWatchFlags,
        "Prints what happens to connections, until Ctrl-C.",
        "A watch that reads too slowly misses events, and prints how many. It does not reconnect: if the chat\n"
        "goes away, it ends with exit code 3. Ctrl-C ends it as any program, which shells report as 130.\n"
        "With --cluster each line names its task, and it tells when a task, or the way to them, is lost and back.\n",
        "  viaductctl watch\n"
        "  viaductctl watch --cluster\n"
        "  viaductctl watch --kinds connected,disconnected\n"
        "  viaductctl watch --json | jq -c 'select(.event.close_code == 1006)'\n"},
    Command{CommandId::kStats, "stats", "", 0, 0, "", Calls::kChat, kStatsFlags,
            "Shows the counts since the chat's start.",
            "With --watch: a line each interval, counted from the line before.\n",
            "  viaductctl stats\n"
            "  viaductctl stats --watch --interval 1s\n"
            "  viaductctl stats --json | jq '.connections_open | tonumber'\n"},
    Command{CommandId::kDrain, "drain", "", 0, 0, "", Calls::kChat, kDrainFlags,
            "Takes the chat out of service: everybody gets Close 1012, over --spread.",
            "It goes on running: 'viaductctl undrain' takes it back. /readyz and health tell it.\n",
            "  viaductctl drain --spread 2m --wait\n"},
    Command{CommandId::kUndrain, "undrain", "", 0, 0, "", Calls::kChat, kNoFlags, "Takes the chat back into service.",
            "Who was not closed yet stays. A chat that is stopping cannot be taken back.\n", "  viaductctl undrain\n"},
    Command{CommandId::kStatus, "status", "", 0, 0, "", Calls::kChat, kNoFlags,
            "Shows whether the chat serves or drains, and how far it is.", "",
            "  viaductctl status\n"
            "  viaductctl status --json | jq -r .state\n"},
    Command{CommandId::kSettingsGet, "settings get", "", 0, 0, "", Calls::kChat, kNoFlags,
            "Shows the limits that may be changed while the chat runs.", "", "  viaductctl settings get\n"},
    Command{CommandId::kSettingsSet, "settings set", "NAME=VALUE...", 1, 16, "", Calls::kChat, kNoFlags,
            "Changes such limits, until the chat's next start.",
            "The names are those that 'settings get' shows. Either all of them are changed or none.\n",
            "  viaductctl settings set max_connections=5000\n"
            "  viaductctl settings set log_messages=false max_room_clients=200\n"},
    Command{CommandId::kHealth, "health", "", 0, 0, "", Calls::kChat, kNoFlags,
            "Asks whether the chat is serving; exit code 1 if it is not.",
            "The call is grpc.health.v1.Health/Check for the whole server.\n", "  viaductctl health --timeout 1s\n"},
    Command{CommandId::kTunnelsList, "sidecar tunnels list", "", 0, 0, "", Calls::kSidecar, kTunnelListFlags,
            "Lists the sidecar's open tunnels.",
            "A terminal that is too narrow shows fewer columns; in a pipe nothing is cut.\n",
            "  viaductctl sidecar tunnels list\n"
            "  viaductctl sidecar tunnels list --path /websocket --idle 10m\n"
            "  viaductctl sidecar tunnels list --json | jq -r '.[].viewer_address' | sort | uniq -c\n"},
    Command{CommandId::kTunnelsGet, "sidecar tunnels get", "TUNNEL", 1, 1, "TUNNEL", Calls::kSidecar, kNoFlags,
            "Shows everything about one tunnel.", "", "  viaductctl sidecar tunnels get 3f09a1c2-0-17\n"},
    Command{CommandId::kTunnelsClose, "sidecar tunnels close", "TUNNEL", 1, 1, "TUNNEL", Calls::kSidecar, kCloseFlags,
            "Closes one tunnel; viewer and application get the code and the reason.", "",
            "  viaductctl sidecar tunnels close 3f09a1c2-0-17 --code 1008 --reason 'rate limit'\n"},
    Command{CommandId::kSidecarStats, "sidecar stats", "", 0, 0, "", Calls::kSidecar, kNoFlags,
            "Shows the sidecar's counts since its start.", "", "  viaductctl sidecar stats\n"},
    Command{CommandId::kSidecarLadder, "sidecar ladder", "", 0, 0, "", Calls::kSidecar, kNoFlags,
            "Shows which timeout must be shorter than which, and whether it is.", "", "  viaductctl sidecar ladder\n"},
    Command{CommandId::kSidecarPolicy, "sidecar policy", "", 0, 0, "", Calls::kSidecar, kNoFlags,
            "Shows whose traffic is let through: the policy in force.",
            "Of a secret only the names of its live values.\n", "  viaductctl sidecar policy\n"},
    Command{CommandId::kSidecarRanges, "sidecar ranges", "", 0, 0, "", Calls::kSidecar, kNoFlags,
            "Shows which list of CloudFront's ranges is in force, and how old it is.", "",
            "  viaductctl sidecar ranges\n"
            "  viaductctl sidecar ranges --json | jq -r .sync_token\n"},
    Command{CommandId::kSidecarReload, "sidecar reload", "", 0, 0, "", Calls::kSidecar, kNoFlags,
            "Has the sidecar read its files again, and waits; exit code 1 if one is broken.",
            "What is broken changes nothing, and what is good of the others is in force all the same.\n",
            "  viaductctl sidecar reload --timeout 30s\n"},
    Command{CommandId::kSidecarStatus, "sidecar status", "", 0, 0, "", Calls::kSidecar, kNoFlags,
            "Shows whether the sidecar serves or drains, and how far it is.", "",
            "  viaductctl sidecar status\n"
            "  while ! viaductctl sidecar status | grep -q drained; do sleep 1; done\n"},
    Command{CommandId::kSidecarDrain, "sidecar drain", "", 0, 0, "", Calls::kSidecar, kNoFlags,
            "Takes the sidecar out of service, as SIGTERM does, but it goes on running.",
            "Health checks and upgrades are answered 503, tunnels get Close 1012 over the configured spread.\n",
            "  viaductctl sidecar drain\n"},
    Command{CommandId::kSidecarUndrain, "sidecar undrain", "", 0, 0, "", Calls::kSidecar, kNoFlags,
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
    Command{CommandId::kContextList, "context list", "", 0, 0, "", Calls::kNothing, kNoFlags,
            "Lists the contexts: named endpoints and credentials.", "'viaductctl help' shows how the file looks.\n",
            "  viaductctl context list\n"},
    Command{CommandId::kContextUse, "context use", "NAME", 1, 1, "CONTEXT", Calls::kNothing, kNoFlags,
            "Makes a context the current one, for commands without --context.", "", "  viaductctl context use prod\n"},
    Command{CommandId::kCompletion, "completion", "bash|zsh|fish", 1, 1, "bash zsh fish", Calls::kNothing, kNoFlags,
            "Prints a shell's completion script.", "",
            "  source <(viaductctl completion bash)\n"
            "  viaductctl completion zsh > \"${fpath[1]}/_viaductctl\"\n"
            "  viaductctl completion fish > ~/.config/fish/completions/viaductctl.fish\n"},
    Command{CommandId::kVersion, "version", "", 0, 0, "", Calls::kNothing, kNoFlags,
            "Prints the version of viaductctl.", "'viaductctl stats' shows the chat's.\n", "  viaductctl version\n"},
    Command{CommandId::kHelp, "help", "[COMMAND]", 0, 2, "", Calls::kNothing, kHelpFlags, "Explains a command.", "",
            "  viaductctl help connections close\n"
            "  viaductctl help --man | man -l -\n"},
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

}  // namespace viaduct::ctl
