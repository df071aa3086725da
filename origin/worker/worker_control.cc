#include "origin/worker/worker_control.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace viaduct::origin {
namespace {

using SystemClock = std::chrono::system_clock;
using Member = RoomMembers::Member;

}  // namespace

WorkerControl::WorkerControl(net::EventLoop* loop, Place place, const WorkerRooms* rooms, ChatCounters* counters)
    : place_(place), rooms_(rooms), counters_(counters), closes_(loop, &counters->closes_pending) {}

ChatSession* WorkerControl::Find(const Uuid& id) const {
  ChatSession* found = nullptr;
  rooms_->ForEachMember([&](const Member& member) {
    if (member.id == id) found = member.session.get();
  });
  return found;
}

ConnectionView WorkerControl::ViewOf(const ChatSession& session) const {
  const ViewerInfo& viewer = session.viewer();
  const ChatSession::Counts& counts = session.counts();
  ConnectionView view{.number = session.number(),
                      .id = session.id(),
                      .room = session.room->room()->name(),
                      .connect_time = session.connect_time(),
                      .peer_address = std::string(viewer.peer_address()),
                      .viewer_address = std::string(viewer.viewer_address()),
                      .forwarded_for = std::string(viewer.forwarded_for()),
                      .cloudfront_id = std::string(viewer.cloudfront_id()),
                      .user_agent = std::string(viewer.user_agent()),
                      .messages_received = counts.messages_received,
                      .bytes_received = counts.bytes_received,
                      .messages_sent = counts.messages_sent,
                      .bytes_sent = counts.bytes_sent,
                      .queued_bytes = session.queued_bytes()};
  if (const auto last = session.last_message_at()) {
    view.last_message_time =
        SystemClock::now() - std::chrono::duration_cast<SystemClock::duration>(net::Clock::now() - *last);
  }
  return view;
}

std::optional<ConnectionView> WorkerControl::View(const Uuid& id) const {
  const ChatSession* session = Find(id);
  if (session == nullptr) return std::nullopt;
  return ViewOf(*session);
}

bool WorkerControl::Matches(const ConnectionFilter& filter, const ChatSession& session) const {
  const ViewerInfo& viewer = session.viewer();
  const auto open_for = SystemClock::now() - session.connect_time();
  const std::optional<net::Clock::time_point> last = session.last_message_at();
  const std::chrono::nanoseconds idle_for = last.has_value() ? net::Clock::now() - *last : open_for;
  return filter.Matches({.room = session.room->room()->name(),
                         .viewer_address = viewer.viewer_address(),
                         .peer_address = viewer.peer_address(),
                         .open_for = open_for,
                         .idle_for = idle_for});
}

std::vector<ConnectionView> WorkerControl::ViewsAfter(const ConnectionFilter& filter, std::uint64_t after,
                                                      std::size_t limit) const {
  std::vector<const Member*> later;
  rooms_->ForEachMember([&](const Member& member) {
    if (member.number > after && Matches(filter, *member.session)) later.push_back(&member);
  });
  const std::size_t count = std::min(limit, later.size());
  std::partial_sort(later.begin(), later.begin() + static_cast<std::ptrdiff_t>(count), later.end(),
                    [](const Member* a, const Member* b) { return a->number < b->number; });
  std::vector<ConnectionView> views;
  views.reserve(count);
  for (std::size_t i = 0; i < count; ++i) views.push_back(ViewOf(*later[i]->session));
  return views;
}

int WorkerControl::CountOpen(const ConnectionFilter& filter) const {
  int count = 0;
  rooms_->ForEachMember([&](const Member& member) {
    if (member.session->open() && Matches(filter, *member.session)) ++count;
  });
  return count;
}

int WorkerControl::ScheduleCloses(const ConnectionFilter& filter, const std::shared_ptr<const CloseOrder>& order,
                                  net::Clock::time_point begin, net::Clock::duration spread) {
  std::vector<ChatSession*> sessions;
  rooms_->ForEachMember([&](const Member& member) {
    if (member.session->open() && Matches(filter, *member.session)) sessions.push_back(member.session.get());
  });
  std::sort(sessions.begin(), sessions.end(),
            [](const ChatSession* a, const ChatSession* b) { return a->number() < b->number(); });
  const double of_own_turn = static_cast<double>(place_.index) / static_cast<double>(place_.workers);
  for (std::size_t i = 0; i < sessions.size(); ++i) {
    const double part = (static_cast<double>(i) + of_own_turn) / static_cast<double>(sessions.size());
    closes_.Add(sessions[i], begin + std::chrono::duration_cast<net::Clock::duration>(spread * part), order);
  }
  return static_cast<int>(sessions.size());
}

std::optional<ChatSession::SendOutcome> WorkerControl::SendTo(const Uuid& id, const SharedPublication& message) {
  ChatSession* session = Find(id);
  if (session == nullptr) return std::nullopt;
  const FrameFormat format{.dialect = session->dialect()};
  const std::uint64_t payload_bytes = BroadcastsOf(*message, format).payload_bytes;
  const ChatSession::SendOutcome outcome = session->Send(FramesOf(message, format), payload_bytes);
  if (outcome == ChatSession::SendOutcome::kQueued) {
    counters_->deliveries.Add();
    counters_->bytes_delivered.Add(payload_bytes);
  }
  return outcome;
}

bool WorkerControl::Close(const Uuid& id, const Disconnect& disconnect) {
  ChatSession* session = Find(id);
  if (session == nullptr) return false;
  session->Close(disconnect);
  return true;
}

}  // namespace viaduct::origin
