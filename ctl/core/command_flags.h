#pragma once

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "ctl/core/command_table.h"
#include "ctl/output/text.h"
#include "text/utf8.h"

namespace viaduct::ctl {

// The flags of the commands, for the table alone: how each reads its value, and which commands have the same ones.

inline absl::Status Reject(std::string_view rule) { return absl::InvalidArgumentError(std::string(rule)); }

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

inline std::optional<int> ParseInt(std::string_view text) {
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
inline absl::Status SetCode(std::string_view value, Options& options) {
  const std::optional<int> code = ParseInt(value);
  const bool may_be_sent = code && ((*code >= 1000 && *code <= 1003) || (*code >= 1007 && *code <= 1014) ||
                                    (*code >= 3000 && *code <= 4999));
  if (!may_be_sent) return Reject("expected a close code: 1000 to 1003, 1007 to 1014 or 3000 to 4999");
  options.code = *code;
  return absl::OkStatus();
}

// RFC 6455 section 5.5: a control frame carries at most 125 bytes, two of which are the code.
inline absl::Status SetReason(std::string_view value, Options& options) {
  constexpr std::size_t kMaxReasonBytes = 123;
  if (value.size() > kMaxReasonBytes) {
    return Reject(absl::StrCat("it has ", value.size(), " bytes, a close reason has at most ", kMaxReasonBytes));
  }
  if (!text::IsUtf8(value)) return Reject("a close reason is UTF-8 text");
  options.reason = std::string(value);
  return absl::OkStatus();
}

inline absl::Status SetKinds(std::string_view value, Options& options) {
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

inline absl::Status AddHeader(std::string_view value, Options& options) {
  const std::size_t colon = value.find(':');
  if (colon == std::string_view::npos || colon == 0) return Reject("expected a field line, 'Name: value'");
  if (value.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos) return Reject("it is not one line");
  options.headers.emplace_back(value);
  return absl::OkStatus();
}

template <auto kMember>
absl::Status SetSpan(std::string_view value, Options& options) {
  absl::Duration duration;
  const bool parsed = absl::ParseDuration(std::string(value), &duration);
  if (!parsed || duration < absl::Milliseconds(1) || duration > absl::Hours(10'000)) {
    return Reject("expected a duration from 1ms to 10000h, like 90s, 10m or 24h");
  }
  options.*kMember = absl::ToChronoMilliseconds(duration);
  return absl::OkStatus();
}

inline absl::Status SetRoom(std::string_view value, Options& options) {
  options.room = std::string(value);
  return absl::OkStatus();
}

inline constexpr int kMaxPageSize = 1000;
inline constexpr int kMaxRooms = 1000;
inline constexpr int kNoMaximum = std::numeric_limits<int>::max();

inline constexpr std::array kGlobalFlags = {
    Flag{"context", "CONTEXT", "take endpoint and credentials of this context", "VIADUCT_CONTEXT", "",
         SetText<&Options::context>},
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

inline constexpr std::array kListFlags = {
    Flag{"page-size", "N", "so many a call, up to 1000 (default 500)", "", "",
         SetInt<&Options::page_size, 1, kMaxPageSize>},
    Flag{"limit", "N", "stop after the N oldest", "", "", SetInt<&Options::limit, 1, kNoMaximum>},
    Flag{"all", "", "all of them, which is the default", "", "", SetSwitch<&Options::all>},
};

inline constexpr Flag kRoomFlag{"room", "NAME", "only of this room; '' is the default room", "", "", SetRoom};
inline constexpr Flag kViewerFlag{"viewer", "PREFIX", "only viewers in it: 203.0.113.0/24 or an address",
                                  "",       "",       SetText<&Options::viewer>};
inline constexpr Flag kPeerRangeFlag{"peer-range", "PREFIX", "only TCP peers in it: 10.0.0.0/8 or an address",
                                     "",           "",       SetText<&Options::peer_range>};
inline constexpr Flag kAgeFlag{"age", "DURATION", "only those that are open for so long",
                               "",    "",         SetSpan<&Options::age>};
inline constexpr Flag kIdleFlag{"idle", "DURATION", "only those without a data frame for so long",
                                "",     "",         SetSpan<&Options::idle>};
inline constexpr Flag kClusterFlag{"cluster", "", "also of the chat's other tasks",
                                   "",        "", SetSwitch<&Options::cluster>};
inline constexpr Flag kSpreadFlag{
    "spread", "DURATION", "from the first close to the last, up to 24h (default: at once)",
    "",       "",         SetSpan<&Options::spread>};
inline constexpr Flag kWaitFlag{"wait", "", "stay until all are closed, and show how far it is",
                                "",     "", SetSwitch<&Options::wait>};

inline constexpr std::array<Flag, 0> kNoFlags{};

inline constexpr std::array kConnectionListFlags = {kRoomFlag,     kViewerFlag,   kPeerRangeFlag,
                                                    kAgeFlag,      kIdleFlag,     kListFlags[0],
                                                    kListFlags[1], kListFlags[2], kClusterFlag};

inline constexpr std::array kClusterFlags = {kClusterFlag};

inline constexpr std::array kTunnelListFlags = {
    Flag{"path", "PREFIX", "only tunnels whose target begins with it", "", "", SetText<&Options::path>},
    kViewerFlag,
    kAgeFlag,
    kIdleFlag,
    kListFlags[0],
    kListFlags[1],
    kListFlags[2],
};

inline constexpr std::array kExplainFlags = {
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

inline constexpr Flag kBinaryFileFlag{"binary-file",
                                      "FILE",
                                      "send the file's bytes as one binary message, instead of TEXT",
                                      "",
                                      "",
                                      SetText<&Options::binary_file>};

inline constexpr std::array kSendFlags = {kBinaryFileFlag, kClusterFlag};

inline constexpr std::array kBroadcastFlags = {kBinaryFileFlag, kRoomFlag, kClusterFlag};

inline constexpr std::array kCloseFlags = {
    Flag{"code", "CODE", "WebSocket close code (default 1000)", "", "1000 1001 1008 1011 1012 1013", SetCode},
    Flag{"reason", "TEXT", "close reason that the browser sees, up to 123 bytes", "", "", SetReason},
};

inline constexpr std::array kConnectionCloseFlags = {
    kCloseFlags[0], kCloseFlags[1],
    kRoomFlag,      kViewerFlag,
    kPeerRangeFlag, kAgeFlag,
    kIdleFlag,      Flag{"all", "", "all of them, without a filter", "", "", SetSwitch<&Options::all>},
    kSpreadFlag,    Flag{"dry-run", "", "only count them", "", "", SetSwitch<&Options::dry_run>},
    kWaitFlag,      kClusterFlag,
};

inline constexpr std::array kDrainFlags = {kSpreadFlag, kWaitFlag};

inline constexpr std::array kHelpFlags = {
    Flag{"man", "", "print the manual page, for man -l", "", "", SetSwitch<&Options::man>},
};

inline constexpr std::array kWatchFlags = {
    Flag{"kinds", "LIST", "only these: connected, disconnected, message, separated by commas", "",
         "connected disconnected message", SetKinds},
    kRoomFlag,
    kClusterFlag,
};

inline constexpr std::array kStatsFlags = {
    Flag{"watch", "", "print a line of rates each interval, until Ctrl-C", "", "", SetSwitch<&Options::watch>},
    Flag{"interval", "DURATION", "between two lines of --watch (default 2s)", "", "", SetDuration<&Options::interval>},
    Flag{"rooms", "N", "tell of the N rooms with the most clients too", "", "", SetInt<&Options::rooms, 0, kMaxRooms>},
    kClusterFlag,
};

}  // namespace viaduct::ctl
