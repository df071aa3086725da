#include "ctl/chat/watch.h"

#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "ctl/chat/connection_id.h"
#include "ctl/chat/scope.h"
#include "ctl/core/client.h"
#include "ctl/core/failure.h"
#include "ctl/output/print.h"
#include "ctl/output/print_message.h"
#include "ctl/output/proto_time.h"
#include "ctl/output/text.h"

namespace viaduct::ctl {
namespace {

using admin::v1::Event;
using admin::v1::TaskWatch;
using admin::v1::WatchEventsResponse;

// The names of api/admin/v1's Event.Kind, in lower case.
constexpr std::array<std::string_view, 4> kEventKinds = {"connected", "disconnected", "message", "broadcast"};

struct Options {
  // Each is one of kEventKinds; none means all.
  std::vector<std::string> kinds;
  std::optional<std::string> room;
  bool cluster = false;
};

absl::Status ReadKinds(std::string_view value, std::vector<std::string>* option) {
  std::vector<std::string> kinds;
  while (true) {
    const std::size_t comma = value.find(',');
    const std::string_view kind = value.substr(0, comma);
    if (std::find(kEventKinds.begin(), kEventKinds.end(), kind) == kEventKinds.end()) {
      return absl::InvalidArgumentError(
          "expected connected, disconnected, message or broadcast, or several of them separated by commas");
    }
    kinds.emplace_back(kind);
    if (comma == std::string_view::npos) break;
    value.remove_prefix(comma + 1);
  }
  *option = std::move(kinds);
  return absl::OkStatus();
}

std::string KindName(const Event& event) {
  if (!Event::Kind_IsValid(event.kind())) return absl::StrCat("kind ", static_cast<int>(event.kind()));
  return absl::AsciiStrToLower(Event::Kind_Name(event.kind()));
}

std::string Details(const Event& event) {
  switch (event.kind()) {
    case Event::CONNECTED:
      return absl::StrCat("viewer=", event.viewer_address().empty() ? "-" : Escape(event.viewer_address()), " ");
    case Event::DISCONNECTED:
      return absl::StrCat("code=", event.close_code(), " reason=\"", Escape(event.close_reason()), "\" ");
    case Event::MESSAGE:
      return absl::StrCat("bytes=", event.bytes(), event.binary() ? " binary" : " text",
                          " recipients=", event.broadcast_count(), " ");
    case Event::BROADCAST:
      return absl::StrCat("from=\"", Escape(event.from()), "\" bytes=", event.bytes(),
                          event.binary() ? " binary" : " text", " recipients=", event.broadcast_count());
    default:
      return "";
  }
}

// Returns the subject of an event and its room.
std::string Subject(const Event& event) {
  const std::string room = event.room().empty() ? "" : "room=" + Escape(event.room()) + " ";
  if (event.kind() != Event::BROADCAST) return absl::StrCat(Escape(IdOf(event.connection())), "  ", room);
  return event.all_rooms() ? "all rooms  " : absl::StrCat("one room  ", room);
}

// Returns the column that names the task in a watch of all tasks; "" in a watch of one task.
std::string TaskColumn(const std::string& task, const Options& options) {
  constexpr std::size_t kTaskWidth = 18;
  return options.cluster ? absl::StrCat(PadRight(Escape(task), kTaskWidth), "  ") : "";
}

std::string TaskWatchLine(const TaskWatch& watch) {
  const std::string who = watch.task().empty() ? "the other tasks" : absl::StrCat("task ", Escape(watch.task()));
  switch (watch.state()) {
    case TaskWatch::BEGUN:
      return absl::StrCat("watching ", who, "\n");
    case TaskWatch::RESUMED:
      return absl::StrCat("watching ", who, " again\n");
    case TaskWatch::LOST:
      return absl::StrCat("lost ", who, ": ", Escape(watch.message()), "\n");
    default:
      return absl::StrCat(who, ": state ", static_cast<int>(watch.state()), "\n");
  }
}

std::string DroppedLine(const WatchEventsResponse& response, const Options& options) {
  const std::string events = absl::StrCat(response.dropped(), response.dropped() == 1 ? " event" : " events");
  if (!options.cluster) return absl::StrCat("missed ", events, ": this watch reads too slowly\n");
  return absl::StrCat("missed ", events, " of task ", Escape(response.task()), "\n");
}

std::string EventLine(const Event& event, const Options& options) {
  constexpr std::size_t kKindWidth = 12;
  return absl::StrCat(FormatTime(FromProto(event.time())), "  ", TaskColumn(event.task(), options),
                      PadRight(KindName(event), kKindWidth), "  ", Subject(event), Details(event),
                      event.kind() == Event::BROADCAST ? "" : absl::StrCat("open=", event.client_count()), "\n");
}

Outcome PrintUpdate(const WatchEventsResponse& response, const CallContext& context, const Options& options) {
  switch (response.update_case()) {
    case WatchEventsResponse::kEvent:
      return Print(EventLine(response.event(), options));
    case WatchEventsResponse::kDropped:
      return Print(DroppedLine(response, options));
    case WatchEventsResponse::kTaskWatch:
      return Print(TaskWatchLine(response.task_watch()));
    case WatchEventsResponse::kStarted:
      std::fprintf(stderr, "watching %s; press Ctrl-C to stop\n", Escape(context.endpoint.text).c_str());
      return std::nullopt;
    case WatchEventsResponse::UPDATE_NOT_SET:
      return std::nullopt;
  }
  return std::nullopt;
}

// One WatchEvents call. It uses gRPC's asynchronous interface because only the first answer has a deadline, while a
// call's own deadline covers all of the call. At most one operation is under way.
class EventStream {
 public:
  enum class Result { kUpdate, kEnded, kTimedOut };

  EventStream(Client& client, const admin::v1::WatchEventsRequest& request) {
    client.Authorize(context_);
    reader_ = client.chat().AsyncWatchEvents(&context_, request, &queue_, nullptr);
  }

  EventStream(const EventStream&) = delete;
  EventStream& operator=(const EventStream&) = delete;

  ~EventStream() {
    context_.TryCancel();
    queue_.Shutdown();
    void* tag = nullptr;
    bool ok = false;
    while (queue_.Next(&tag, &ok)) {
    }
  }

  // Waits for the next update. After any other result it must not be called again.
  Result Next(std::chrono::system_clock::time_point deadline) {
    if (!called_) {
      const Result called = Await(deadline);
      if (called != Result::kUpdate) return called;
      called_ = true;
    }
    reader_->Read(&update_, nullptr);
    return Await(deadline);
  }

  // The update for which `Next` returned kUpdate.
  const WatchEventsResponse& update() const { return update_; }

  // Returns the reason for the end of the stream, after kEnded.
  grpc::Status Finish() {
    grpc::Status status;
    reader_->Finish(&status, nullptr);
    Await(kNever);
    return status;
  }

  static constexpr auto kNever = std::chrono::system_clock::time_point::max();

 private:
  Result Await(std::chrono::system_clock::time_point deadline) {
    void* tag = nullptr;
    bool ok = false;
    const grpc::CompletionQueue::NextStatus next = queue_.AsyncNext(&tag, &ok, deadline);
    if (next == grpc::CompletionQueue::TIMEOUT) return Result::kTimedOut;
    return ok ? Result::kUpdate : Result::kEnded;
  }

  grpc::ClientContext context_;
  grpc::CompletionQueue queue_;
  WatchEventsResponse update_;
  std::unique_ptr<grpc::ClientAsyncReader<WatchEventsResponse>> reader_;
  bool called_ = false;
};

Outcome Watch(const Options& options, const Invocation& invocation, Client& client) {
  admin::v1::WatchEventsRequest request;
  for (const std::string& kind : options.kinds) {
    Event::Kind value = Event::KIND_UNSPECIFIED;
    // Never false: ReadKinds accepts only the names in kEventKinds.
    if (Event::Kind_Parse(absl::AsciiStrToUpper(kind), &value)) request.add_kinds(value);
  }
  if (options.room) request.add_rooms(*options.room);
  request.set_scope(ScopeOf(options.cluster));

  EventStream stream(client, request);
  EventStream::Result result = stream.Next(std::chrono::system_clock::now() + invocation.options.timeout);
  bool started = false;
  while (result == EventStream::Result::kUpdate) {
    started = true;
    const Outcome printed = invocation.options.structured()
                                ? PrintMessage(stream.update(), invocation.options.format)
                                : PrintUpdate(stream.update(), client.call_context(), options);
    if (printed) return printed;
    result = stream.Next(EventStream::kNever);
  }
  if (result == EventStream::Result::kTimedOut) {
    return Explain(grpc::Status(grpc::StatusCode::DEADLINE_EXCEEDED, ""), client.call_context(), "");
  }
  const grpc::Status status = stream.Finish();
  if (status.ok()) return Failure{ExitCode::kUnreachable, "the chat ended the watch"};
  const bool on_tcp = client.call_context().endpoint.unix_path.empty();
  if (started && on_tcp && status.error_code() == grpc::StatusCode::UNAVAILABLE) {
    return Failure{ExitCode::kUnreachable,
                   absl::StrCat("the connection to ", Escape(client.call_context().endpoint.text),
                                " has ended: ", Escape(status.error_message()),
                                ": has the chat stopped, or is its admin.tcp.max_connection_age over? Start again")};
  }
  return Explain(status, client.call_context(), "");
}

}  // namespace

Command WatchCommand() {
  const auto options = std::make_shared<Options>();
  return {
      .name = "watch",
      .calls = Calls::kChat,
      .flags = {{.name = "kinds",
                 .value = "LIST",
                 .help = "only these kinds, separated by commas: connected, disconnected, message, broadcast",
                 .candidates = {.kind = Candidates::Kind::kWords, .text = "connected disconnected message broadcast"},
                 .read = [options](std::string_view value) { return ReadKinds(value, &options->kinds); }},
                RoomFlag(&options->room),
                ClusterFlag(&options->cluster)},
      .summary = "Prints events of connections, and operators' broadcasts, until Ctrl-C.",
      .details =
          "A watch that reads too slowly misses events, and prints how many. It does not reconnect: if the chat goes\n"
          "away, or ends the connection after its admin.tcp.max_connection_age, it ends with exit code 3. Ctrl-C ends\n"
          "it like any program; shells report that as 130.\n"
          "With --cluster, each line names its task, and further lines say when a task is lost and when it is back.\n",
      .examples =
          "  viaductctl watch\n"
          "  viaductctl watch --cluster\n"
          "  viaductctl watch --kinds connected,disconnected\n"
          "  viaductctl watch --json | jq -c 'select(.event.close_code == 1006)'\n",
      .call = [options](const Invocation& invocation, Client& client) { return Watch(*options, invocation, client); },
  };
}

}  // namespace viaduct::ctl
