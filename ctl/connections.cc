// The commands about connections, and those that send to them.
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "ctl/chat/connection_id.h"
#include "ctl/chat/scope.h"
#include "ctl/commands.h"
#include "ctl/output/file.h"
#include "ctl/output/print.h"
#include "ctl/output/print_json.h"
#include "ctl/output/progress.h"
#include "ctl/output/proto_time.h"
#include "ctl/output/table.h"
#include "ctl/output/text.h"
#include "text/utf8.h"

namespace viaduct::ctl {
namespace {

using admin::v1::ChatAdmin;
using admin::v1::Connection;
using Clock = std::chrono::system_clock;

// The most that a chat may be configured to take (max_message_bytes of api/origin/v1).
constexpr std::size_t kMaxMessageBytes = 64 * 1024 * 1024;
constexpr int kLargestPage = 1000;

struct Listing {
  std::vector<Connection> connections;
  // All that were open at the time of the last page.
  int total = 0;
  google::protobuf::RepeatedPtrField<admin::v1::UnansweredTask> unanswered;
};

// Puts what the flags of a filter say into `request`, if they say anything.
template <typename Request>
void SetFilter(const Options& options, Request* request) {
  admin::v1::ConnectionFilter filter;
  if (options.room) filter.set_room(*options.room);
  filter.set_viewer_range(options.viewer);
  filter.set_peer_range(options.peer_range);
  if (options.age) *filter.mutable_open_longer_than() = ToDurationProto(*options.age);
  if (options.idle) *filter.mutable_idle_longer_than() = ToDurationProto(*options.idle);
  if (filter.ByteSizeLong() > 0) *request->mutable_filter() = filter;
}

// Fetches page after page, until the last one or `limit` connections.
Outcome FetchConnections(Client& client, int page_size, std::optional<int> limit,
                         admin::v1::ListConnectionsRequest request, Listing& listing) {
  while (true) {
    const int wanted = limit ? *limit - static_cast<int>(listing.connections.size()) : page_size;
    request.set_page_size(std::min(page_size, wanted));
    admin::v1::ListConnectionsResponse response;
    const Outcome called = client.Call(client.chat(), &ChatAdmin::Stub::ListConnections, request, response);
    if (called) return called;
    listing.total = response.total_size();
    listing.unanswered.Swap(response.mutable_unanswered());
    for (Connection& connection : *response.mutable_connections()) {
      listing.connections.push_back(std::move(connection));
      if (limit && listing.connections.size() == static_cast<std::size_t>(*limit)) return std::nullopt;
    }
    if (response.next_page_token().empty()) return std::nullopt;
    if (response.connections().empty() || response.next_page_token() == request.page_token()) {
      return Failure{ExitCode::kRefused, "the chat's list of connections does not end: it repeats a page"};
    }
    request.set_page_token(response.next_page_token());
  }
}

// Turns what the operator typed into a resource name, by asking the chat if it is but the beginning of one.
Outcome ResolveName(const std::string& typed, admin::v1::Scope scope, Client& client, std::string& name) {
  const absl::StatusOr<ConnectionId> id = ParseConnectionId(typed);
  if (!id.ok()) return Failure{ExitCode::kUsage, absl::StrCat(id.status().message())};
  if (id->whole) {
    name = absl::StrCat(std::string(kConnectionsPrefix), id->text);
    return std::nullopt;
  }
  Listing listing;
  admin::v1::ListConnectionsRequest request;
  request.set_scope(scope);
  const Outcome fetched = FetchConnections(client, kLargestPage, std::nullopt, request, listing);
  if (fetched) return fetched;
  WarnOf(listing.unanswered);
  std::vector<std::string> names;
  for (const Connection& connection : listing.connections) names.push_back(connection.name());
  absl::StatusOr<std::string> match = MatchConnection(id->text, names);
  if (!match.ok()) {
    const ExitCode code = absl::IsNotFound(match.status()) ? ExitCode::kRefused : ExitCode::kUsage;
    return Failure{code, absl::StrCat(match.status().message())};
  }
  name = *std::move(match);
  return std::nullopt;
}

// Reads the message that `text` or --binary-file stands for into `request`'s payload.
template <typename Request>
Outcome ReadPayload(const std::optional<std::string>& text, const Options& options, Request& request) {
  const bool from_input = options.binary_file.has_value() || *text == "-";
  if (!from_input) {
    request.set_text(*text);
    return std::nullopt;
  }
  absl::StatusOr<std::string> content = ReadInput(options.binary_file.value_or("-"), kMaxMessageBytes);
  if (!content.ok()) return Failure{ExitCode::kUsage, absl::StrCat(content.status().message())};
  if (!options.binary_file) {
    if (content->ends_with('\n')) content->pop_back();
    if (content->ends_with('\r')) content->pop_back();
  }
  if (content->empty()) return Failure{ExitCode::kUsage, "there is nothing to send: the input is empty"};
  if (options.binary_file) {
    request.set_binary(*std::move(content));
    return std::nullopt;
  }
  if (!text::IsUtf8(*content)) {
    return Failure{ExitCode::kUsage, "standard input is not UTF-8 text: send other bytes with --binary-file"};
  }
  request.set_text(*std::move(content));
  return std::nullopt;
}

std::optional<std::string> ArgumentAt(const CommandLine& line, std::size_t position) {
  if (position >= line.arguments.size()) return std::nullopt;
  return line.arguments[position];
}

std::string ShownId(const std::string& name) { return Escape(IdOf(name)); }

const std::string& ShownAddress(const Connection& connection) {
  return connection.viewer_address().empty() ? connection.peer_address() : connection.viewer_address();
}

std::string AgeAt(Clock::time_point now, const google::protobuf::Timestamp& time) {
  return FormatAge(now - FromProto(time));
}

std::string IdleTime(Clock::time_point now, const Connection& connection) {
  return connection.has_last_message_time() ? AgeAt(now, connection.last_message_time()) : "";
}

Outcome PrintTable(const Listing& listing, const Options& options) {
  constexpr auto kRight = Column::Align::kRight;
  Table table({{.header = "ID"},
               {.header = "VIEWER"},
               {.header = "AGE", .align = kRight},
               {.header = "IDLE", .align = kRight},
               {.header = "QUEUED", .align = kRight, .drop_order = 1},
               {.header = "MSGS-IN", .align = kRight, .drop_order = 2},
               {.header = "MSGS-OUT", .align = kRight, .drop_order = 3},
               {.header = "BYTES-IN", .align = kRight, .drop_order = 4},
               {.header = "BYTES-OUT", .align = kRight, .drop_order = 5},
               {.header = "ROOM", .min_width = 8, .drop_order = 6},
               {.header = "USER-AGENT", .min_width = 12, .drop_order = 7}});
  const Clock::time_point now = Clock::now();
  for (const Connection& connection : listing.connections) {
    table.AddRow({std::string(IdOf(connection.name())), ShownAddress(connection), AgeAt(now, connection.connect_time()),
                  IdleTime(now, connection), FormatBytes(connection.queued_bytes()),
                  absl::StrCat(connection.messages_received()), absl::StrCat(connection.messages_sent()),
                  FormatBytes(connection.bytes_received()), FormatBytes(connection.bytes_sent()), connection.room(),
                  connection.user_agent()});
  }
  return Print(table.Render(TerminalWidth(), options.no_headers ? Table::Headers::kHidden : Table::Headers::kShown));
}

Outcome PrintDetails(const Connection& connection) {
  const Clock::time_point now = Clock::now();
  const auto moment = [now](const google::protobuf::Timestamp& time) {
    return absl::StrCat(FormatTime(FromProto(time)), " (", AgeAt(now, time), " ago)");
  };
  return Print(
      RenderFields({{"id", std::string(IdOf(connection.name()))},
                    {"room", connection.room()},
                    {"task", connection.task()},
                    {"viewer address", connection.viewer_address()},
                    {"peer address", connection.peer_address()},
                    {"forwarded for", connection.forwarded_for()},
                    {"cloudfront id", connection.cloudfront_id()},
                    {"user agent", connection.user_agent()},
                    {"connected", moment(connection.connect_time())},
                    {"last message", connection.has_last_message_time() ? moment(connection.last_message_time()) : ""},
                    {"received", FormatTraffic(connection.messages_received(), connection.bytes_received())},
                    {"sent", FormatTraffic(connection.messages_sent(), connection.bytes_sent())},
                    {"queued", FormatBytes(connection.queued_bytes())}}));
}

// Until none of those that were to be closed waits any more.
Outcome FollowCloses(std::int64_t count, admin::v1::Scope scope, Client& client) {
  return FollowProgress("closing", [&](Progress* progress) -> Outcome {
    admin::v1::GetStatsRequest request;
    request.set_scope(scope);
    admin::v1::GetStatsResponse stats;
    if (const Outcome called = client.Call(client.chat(), &ChatAdmin::Stub::GetStats, request, stats)) return called;
    progress->of = count;
    progress->done = std::max<std::int64_t>(count - stats.closes_pending(), 0);
    return std::nullopt;
  });
}

Outcome CloseConnections(const CommandLine& line, Client& client) {
  const Options& options = line.options;
  admin::v1::CloseConnectionsRequest request;
  SetFilter(options, &request);
  request.set_all(options.all);
  request.set_code(options.code);
  request.set_reason(options.reason);
  if (options.spread) *request.mutable_spread() = ToDurationProto(*options.spread);
  request.set_validate_only(options.dry_run);
  request.set_scope(ScopeOf(options));
  admin::v1::CloseConnectionsResponse response;
  const Outcome called = client.Call(client.chat(), &ChatAdmin::Stub::CloseConnections, request, response);
  if (called) return called;
  WarnOf(response.unanswered());
  if (options.wait && !options.dry_run) {
    if (const Outcome followed = FollowCloses(response.count(), request.scope(), client)) return followed;
  }
  if (options.json) return PrintJson(response);
  const int count = response.count();
  const char* what = options.dry_run ? "would close " : options.wait ? "closed " : "closing ";
  return Print(absl::StrCat(
      what, count, count == 1 ? " connection" : " connections", " with code ", request.code(),
      options.spread && !options.wait && !options.dry_run ? absl::StrCat(" over ", FormatAge(*options.spread)) : "",
      "\n"));
}

}  // namespace

Outcome ListConnections(const CommandLine& line, Client& client) {
  Listing listing;
  admin::v1::ListConnectionsRequest request;
  SetFilter(line.options, &request);
  request.set_scope(ScopeOf(line.options));
  const Outcome fetched = FetchConnections(client, line.options.page_size, line.options.limit, request, listing);
  if (fetched) return fetched;
  WarnOf(listing.unanswered);
  if (line.options.json) return PrintJsonArray(listing.connections);
  const std::size_t shown = listing.connections.size();
  if (shown == 0) {
    std::fputs("no open connections\n", stderr);
    return std::nullopt;
  }
  const Outcome printed = PrintTable(listing, line.options);
  if (!printed && listing.total > 0 && shown < static_cast<std::size_t>(listing.total)) {
    std::fprintf(stderr, "the %zu oldest of %d connections\n", shown, listing.total);
  }
  return printed;
}

Outcome GetConnection(const CommandLine& line, Client& client) {
  admin::v1::GetConnectionRequest request;
  request.set_scope(ScopeOf(line.options));
  const Outcome resolved = ResolveName(line.arguments[0], request.scope(), client, *request.mutable_name());
  if (resolved) return resolved;
  Connection connection;
  const Outcome called =
      client.Call(client.chat(), &ChatAdmin::Stub::GetConnection, request, connection, IdOf(request.name()));
  if (called) return called;
  return line.options.json ? PrintJson(connection) : PrintDetails(connection);
}

Outcome SendMessage(const CommandLine& line, Client& client) {
  admin::v1::SendMessageRequest request;
  request.set_scope(ScopeOf(line.options));
  const Outcome read = ReadPayload(ArgumentAt(line, 1), line.options, request);
  if (read) return read;
  const Outcome resolved = ResolveName(line.arguments[0], request.scope(), client, *request.mutable_name());
  if (resolved) return resolved;
  admin::v1::SendMessageResponse response;
  const Outcome called =
      client.Call(client.chat(), &ChatAdmin::Stub::SendMessage, request, response, IdOf(request.name()));
  if (called) return called;
  if (line.options.json) return PrintJson(response);
  const std::size_t size = request.has_binary() ? request.binary().size() : request.text().size();
  return Print(absl::StrCat("sent ", FormatBytes(static_cast<double>(size)), " to ", ShownId(request.name()), "\n"));
}

Outcome CloseConnection(const CommandLine& line, Client& client) {
  if (line.arguments.empty()) return CloseConnections(line, client);
  admin::v1::CloseConnectionRequest request;
  request.set_scope(ScopeOf(line.options));
  const Outcome resolved = ResolveName(line.arguments[0], request.scope(), client, *request.mutable_name());
  if (resolved) return resolved;
  request.set_code(line.options.code);
  request.set_reason(line.options.reason);
  admin::v1::CloseConnectionResponse response;
  const Outcome called =
      client.Call(client.chat(), &ChatAdmin::Stub::CloseConnection, request, response, IdOf(request.name()));
  if (called) return called;
  if (line.options.json) return PrintJson(response);
  return Print(absl::StrCat("closing ", ShownId(request.name()), " with code ", request.code(), "\n"));
}

Outcome Broadcast(const CommandLine& line, Client& client) {
  admin::v1::BroadcastRequest request;
  request.set_scope(ScopeOf(line.options));
  const Outcome read = ReadPayload(ArgumentAt(line, 0), line.options, request);
  if (read) return read;
  if (line.options.room) {
    request.set_room(*line.options.room);
  } else {
    request.set_all(true);
  }
  admin::v1::BroadcastResponse response;
  const Outcome called = client.Call(client.chat(), &ChatAdmin::Stub::Broadcast, request, response);
  if (called) return called;
  WarnOf(response.unanswered());
  if (line.options.json) return PrintJson(response);
  const int count = response.recipient_count();
  return Print(absl::StrCat("sent to ", count, count == 1 ? " connection\n" : " connections\n"));
}

}  // namespace viaduct::ctl
