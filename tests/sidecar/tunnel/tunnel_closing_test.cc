// The closing of a tunnel as a table of events and reactions, in every order.

#include "sidecar/tunnel/tunnel_closing.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sidecar/request/tunnel_end.h"
#include "tests/sidecar/tunnel/closing_tunnel.h"

namespace viaduct::sidecar {
namespace {

struct Row {
  std::string_view name;
  TunnelEnd end;
  std::string_view steps;  // "event: what is done; event; ..."
};

const Row kTable[] = {
    // Both sides close by themselves.
    {"the viewer begins the close handshake", TunnelEnd::kViewerClose,
     "viewer Close: pass; upstream Close: pass, viewer FIN; viewer FIN; upstream FIN: upstream FIN, finish"},
    {"the upstream begins it", TunnelEnd::kUpstreamClose,
     "upstream Close: pass; viewer Close: pass, viewer FIN; upstream FIN: upstream FIN; viewer FIN: finish"},
    {"FIN instead of the upstream's answer", TunnelEnd::kViewerClose,
     "viewer Close: pass; upstream FIN: viewer FIN, upstream FIN; viewer FIN: finish"},
    {"FIN instead of the viewer's answer", TunnelEnd::kUpstreamClose,
     "upstream Close: pass; viewer FIN: viewer FIN, upstream FIN; upstream FIN: finish"},
    {"FIN behind the viewer's Close waits for the upstream's", TunnelEnd::kViewerClose,
     "viewer Close: pass; viewer FIN; upstream Close: pass, viewer FIN; upstream FIN: upstream FIN, finish"},
    {"an upstream that does not close first", TunnelEnd::kViewerClose,
     "viewer Close: pass; upstream Close: pass, viewer FIN; viewer FIN; 1s; 1s; 1s; 1s; 1s: finish"},
    {"it has its time from its own Close", TunnelEnd::kViewerClose,
     "viewer Close: pass; 1s; 1s; 1s; upstream Close: pass, viewer FIN; viewer FIN; 1s; 1s; 1s; 1s; 1s: finish"},
    {"FIN behind the upstream's Close is passed on at once", TunnelEnd::kUpstreamClose,
     "upstream Close: pass; upstream FIN: viewer FIN; viewer Close: pass, upstream FIN; viewer FIN: finish"},
    {"a reset instead of the upstream's answer", TunnelEnd::kViewerClose,
     "viewer Close: pass; upstream reset: viewer FIN, upstream FIN; viewer FIN: finish"},
    {"a reset instead of the viewer's answer", TunnelEnd::kUpstreamClose,
     "upstream Close: pass; viewer reset: viewer FIN, upstream FIN; upstream FIN: finish"},
    {"no answer from the upstream", TunnelEnd::kViewerClose, "viewer Close: pass; deadline: finish"},
    {"no answer from the viewer", TunnelEnd::kUpstreamClose,
     "upstream Close: pass; deadline: viewer FIN, upstream FIN; deadline: finish"},
    {"each byte of who still sends starts the wait anew", TunnelEnd::kViewerClose,
     "viewer Close: pass; 1s; upstream data; 1s; 1s; 1s; 1s; upstream data; 1s; 1s; 1s; 1s; upstream data; 1s; "
     "upstream Close: pass, viewer FIN"},
    {"no byte behind its own Close does", TunnelEnd::kViewerClose,
     "viewer Close: pass; 1s; viewer data; 1s; viewer data; 1s; viewer data; 1s; viewer data; 1s: finish"},
    {"a broken frame instead of the upstream's answer", TunnelEnd::kViewerClose,
     "viewer Close: pass; upstream broken: viewer FIN; upstream FIN: upstream FIN"},
    {"FIN waits for what the viewer has not taken", TunnelEnd::kViewerClose,
     "viewer Close: pass; viewer slow; upstream Close: pass; viewer taking: viewer FIN; "
     "viewer FIN; upstream FIN: upstream FIN, finish"},
    {"idle and drain change nothing once a side has begun", TunnelEnd::kViewerClose,
     "viewer Close: pass; idle; drain; operator; flood; unresponsive; upstream Close: pass, viewer FIN"},

    // A side vanishes.
    {"the viewer half-closes: the upstream's data and Close still reach it", TunnelEnd::kViewerDisconnect,
     "viewer FIN: upstream FIN; upstream data; upstream Close: pass, viewer FIN; upstream FIN: finish"},
    {"the viewer half-closes and the upstream ends", TunnelEnd::kViewerDisconnect,
     "viewer FIN: upstream FIN; upstream FIN: viewer FIN, finish"},
    {"the viewer is reset and the upstream ends", TunnelEnd::kViewerDisconnect,
     "viewer reset: upstream FIN; upstream FIN: viewer FIN, finish"},
    {"the viewer is reset and the upstream says Close", TunnelEnd::kViewerDisconnect,
     "viewer reset: upstream FIN; upstream Close: pass, viewer FIN; upstream FIN: finish"},
    {"the viewer is reset and the upstream goes on sending: reset, once it has all", TunnelEnd::kViewerDisconnect,
     "viewer reset: upstream FIN; upstream data; delivered: finish"},
    {"the viewer is reset and the upstream is silent", TunnelEnd::kViewerDisconnect,
     "viewer reset: upstream FIN; deadline: finish"},
    {"the viewer is reset while the upstream takes nothing", TunnelEnd::kViewerDisconnect,
     "upstream slow; viewer reset; upstream data; delivered; upstream taking: upstream FIN, finish"},
    {"the upstream vanishes", TunnelEnd::kUpstreamDisconnect,
     "upstream FIN: viewer Close 1011, viewer FIN; viewer Close: eat, upstream Close 1011, upstream FIN; "
     "viewer FIN: finish"},
    {"the upstream is reset", TunnelEnd::kUpstreamDisconnect,
     "upstream reset: viewer Close 1011, viewer FIN; viewer Close: eat, upstream FIN; viewer FIN: finish"},
    {"the upstream is reset and the viewer is, too", TunnelEnd::kUpstreamDisconnect,
     "upstream reset: viewer Close 1011, viewer FIN; viewer reset: upstream FIN, finish"},
    {"the upstream is reset and the viewer is silent", TunnelEnd::kUpstreamDisconnect,
     "upstream reset: viewer Close 1011, viewer FIN; deadline: upstream FIN; deadline: finish"},
    {"the upstream half-closes: what the viewer sent reaches it before the Close", TunnelEnd::kUpstreamDisconnect,
     "upstream FIN: viewer Close 1011, viewer FIN; viewer data; "
     "viewer FIN: upstream Close 1011, upstream FIN, finish"},
    {"the upstream vanishes in a frame: no Close in it", TunnelEnd::kUpstreamDisconnect,
     "viewer half; upstream FIN: viewer FIN; viewer FIN: upstream Close 1011, upstream FIN, finish"},
    {"the upstream vanishes in a frame that the viewer has not taken", TunnelEnd::kUpstreamDisconnect,
     "viewer half; viewer slow; upstream FIN; viewer taking: viewer FIN; "
     "viewer FIN: upstream Close 1011, upstream FIN, finish"},
    {"the viewer vanishes in a frame", TunnelEnd::kViewerDisconnect,
     "upstream half; viewer FIN: upstream FIN; upstream FIN: viewer FIN, finish"},

    // A side breaks the protocol.
    {"the viewer does: the upstream's answers come before its Close", TunnelEnd::kViewerProtocolError,
     "viewer broken: upstream Close 1002; upstream data; "
     "upstream Close: eat, viewer Close 1002, viewer FIN; upstream FIN: upstream FIN; viewer FIN: finish"},
    {"the viewer does, inside of a frame from the upstream", TunnelEnd::kViewerProtocolError,
     "viewer half; viewer broken: upstream Close 1002; viewer whole; "
     "upstream Close: eat, viewer Close 1002, viewer FIN"},
    {"the viewer does, and the upstream is silent", TunnelEnd::kViewerProtocolError,
     "viewer broken: upstream Close 1002; deadline: viewer Close 1002, viewer FIN; deadline: finish"},
    {"the viewer does, and the upstream vanishes", TunnelEnd::kViewerProtocolError,
     "viewer broken: upstream Close 1002; upstream FIN: viewer Close 1002, viewer FIN, upstream FIN; "
     "viewer FIN: finish"},
    {"the viewer does, and vanishes", TunnelEnd::kViewerProtocolError,
     "viewer broken: upstream Close 1002; viewer FIN; "
     "upstream Close: eat, viewer Close 1002, viewer FIN; upstream FIN: upstream FIN, finish"},
    {"the viewer does in the middle of its own frame: FIN for the upstream", TunnelEnd::kViewerProtocolError,
     "upstream half; viewer broken: upstream FIN"},
    {"the upstream does: what the viewer sent comes before its Close", TunnelEnd::kUpstreamProtocolError,
     "upstream broken: viewer Close 1002; viewer data; "
     "viewer Close: eat, upstream Close 1002, viewer FIN; viewer FIN; upstream FIN: upstream FIN, finish"},
    {"both do", TunnelEnd::kViewerProtocolError,
     "viewer broken: upstream Close 1002; upstream broken: viewer Close 1002, viewer FIN"},

    // We end it.
    {"idle: the viewer first, then the upstream", TunnelEnd::kIdleTimeout,
     "idle: viewer Close 1001; viewer data; viewer Close: eat, upstream Close 1001, viewer FIN; "
     "upstream Close: eat; viewer FIN; upstream FIN: upstream FIN, finish"},
    {"drain: likewise", TunnelEnd::kDrain,
     "drain: viewer Close 4012; viewer Close: eat, upstream Close 1001, viewer FIN; "
     "upstream FIN: upstream FIN; viewer FIN: finish"},
    {"the maximum duration: likewise", TunnelEnd::kMaxDuration,
     "max: viewer Close 1001; viewer Close: eat, upstream Close 1001, viewer FIN"},
    {"an operator: with the operator's code", TunnelEnd::kAdminClose,
     "operator: viewer Close 4000; viewer Close: eat, upstream Close 4000, viewer FIN; "
     "upstream Close: eat"},
    {"only the first reason counts", TunnelEnd::kIdleTimeout,
     "idle: viewer Close 1001; drain; operator; viewer broken: upstream Close 1001, viewer FIN; "
     "upstream broken"},
    {"the upstream's Close crosses ours", TunnelEnd::kDrain,
     "drain: viewer Close 4012; upstream Close: eat; "
     "viewer Close: eat, upstream Close 1001, viewer FIN; upstream FIN: upstream FIN"},
    {"a viewer that does not answer", TunnelEnd::kIdleTimeout,
     "idle: viewer Close 1001; deadline: upstream Close 1001, viewer FIN; upstream Close: eat; "
     "upstream FIN: upstream FIN; deadline: finish"},
    {"its data is no answer", TunnelEnd::kIdleTimeout,
     "idle: viewer Close 1001; 1s; viewer data; 1s; 1s; 1s; 1s: upstream Close 1001, viewer FIN"},
    {"nobody answers", TunnelEnd::kDrain,
     "drain: viewer Close 4012; deadline: upstream Close 1001, viewer FIN; deadline: finish"},
    {"the Close waits for the end of a frame", TunnelEnd::kIdleTimeout,
     "viewer half; idle; 1s; viewer whole: viewer Close 1001"},
    {"a frame that stopped halfway: FIN after the wait", TunnelEnd::kIdleTimeout,
     "viewer half; idle; deadline: viewer FIN, upstream Close 1001; viewer FIN; "
     "upstream Close: eat; upstream FIN: upstream FIN, finish"},
    {"the upstream's half frame stopped: FIN", TunnelEnd::kDrain,
     "upstream half; drain: viewer Close 4012; viewer FIN: upstream FIN, viewer FIN; upstream FIN: finish"},
    {"a viewer that vanishes instead of an answer", TunnelEnd::kIdleTimeout,
     "idle: viewer Close 1001; viewer reset: upstream Close 1001, viewer FIN; upstream FIN: upstream FIN, finish"},
    {"an upstream that does not answer what the viewer answered", TunnelEnd::kIdleTimeout,
     "idle: viewer Close 1001; 1s; viewer Close: eat, upstream Close 1001, viewer FIN; 1s; 1s; 1s; 1s; 1s: finish"},
    {"a viewer that answers nothing any more: the upstream only", TunnelEnd::kViewerUnresponsive,
     "unresponsive: upstream Close 1001; upstream FIN: viewer FIN, upstream FIN, finish"},
    {"and the upstream goes on sending", TunnelEnd::kViewerUnresponsive,
     "unresponsive: upstream Close 1001; upstream data; delivered; deadline: finish"},
    {"and the upstream floods: it is read no more and gets a reset", TunnelEnd::kViewerUnresponsive,
     "unresponsive: upstream Close 1001; upstream flood; delivered: finish"},
    {"a viewer that takes no Close because writing to it fails", TunnelEnd::kDrain,
     "viewer deaf; drain; viewer FIN: upstream Close 1001"},
    {"a viewer that floods: it is heard no more", TunnelEnd::kControlFrameFlood,
     "flood: viewer Close 1008, upstream Close 1008, viewer FIN; viewer data; upstream Close: eat; viewer FIN; "
     "upstream FIN: upstream FIN, finish"},

    // A slow side is waited for while it takes bytes.
    {"a slow viewer gets its time", TunnelEnd::kIdleTimeout,
     "idle: viewer Close 1001; 1s; viewer slow; deadline; 1s: upstream Close 1001; viewer taking: viewer FIN"},
};

// The parts of `text` between the separators.
std::vector<std::string_view> Split(std::string_view text, std::string_view separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == text.npos) return parts;
    text.remove_prefix(end + separator.size());
  }
}

TEST(TunnelClosingTest, ClosesAsTheTableSays) {
  for (const Row& row : kTable) {
    ClosingTunnel tunnel;
    for (const std::string_view step : Split(row.steps, "; ")) {
      const std::vector<std::string_view> parts = Split(step, ": ");
      EXPECT_EQ(tunnel.Do(parts[0]), parts.size() == 2 ? parts[1] : "") << row.name << ": " << parts[0];
    }
    EXPECT_EQ(tunnel.closing().end(), row.end) << row.name;
  }
}

// A viewer that sends for ever, with or without a Close, does not keep the tunnel open for ever.
TEST(TunnelClosingTest, ASideThatStillSendsIsWaitedForSixTimesAtMost) {
  ClosingTunnel tunnel;
  EXPECT_EQ(tunnel.Do("upstream Close"), "pass");
  for (int second = 1; second < 30; ++second) {
    EXPECT_EQ(tunnel.Do("viewer data"), "") << second;
    EXPECT_EQ(tunnel.Do("1s"), "") << second;
  }
  EXPECT_EQ(tunnel.Do("1s"), "viewer FIN, upstream FIN");
  for (int second = 1; second < 5; ++second) {
    EXPECT_EQ(tunnel.Do("viewer data"), "") << second;
    EXPECT_EQ(tunnel.Do("1s"), "") << second;
  }
  EXPECT_EQ(tunnel.Do("1s"), "finish");
}

// A side that occasionally takes a byte does not keep the tunnel open for ever.
TEST(TunnelClosingTest, ASlowSideIsWaitedForSixTimesAtMost) {
  ClosingTunnel tunnel;
  EXPECT_EQ(tunnel.Do("idle"), "viewer Close 1001");
  for (int second = 1; second < 30; ++second) {
    EXPECT_EQ(tunnel.Do("viewer slow"), "") << second;  // it took a byte, but not all
    EXPECT_EQ(tunnel.Do("1s"), "") << second;
  }
  EXPECT_EQ(tunnel.Do("1s"), "upstream Close 1001");
  EXPECT_EQ(tunnel.Do("viewer slow"), "");
  EXPECT_EQ(tunnel.Do("5s"), "finish");
}

TEST(TunnelClosingTest, TheCloseOfEachReason) {
  struct Said {
    TunnelEnd reason;
    std::uint16_t code;
    std::string_view text;
  };
  const Said kSaid[] = {
      {TunnelEnd::kIdleTimeout, 1001, "idle timeout"},
      {TunnelEnd::kViewerIdleTimeout, 1001, "idle timeout"},
      {TunnelEnd::kUpstreamIdleTimeout, 1001, "idle timeout"},
      {TunnelEnd::kMaxDuration, 1001, "maximum duration"},
      {TunnelEnd::kViewerUnresponsive, 1001, "viewer unresponsive"},
      {TunnelEnd::kNoPong, 1001, "no pong"},
      {TunnelEnd::kControlFrameFlood, 1008, "too many control frames"},
      {TunnelEnd::kDrain, 1012, "service restart"},
      {TunnelEnd::kViewerProtocolError, 1002, "protocol error"},
      {TunnelEnd::kUpstreamProtocolError, 1002, "protocol error"},
      {TunnelEnd::kUpstreamDisconnect, 1011, "upstream disconnected"},
  };
  for (const Said& said : kSaid) {
    TunnelClosing closing(1012);
    EXPECT_TRUE(closing.End(said.reason, {}));
    const TunnelClosing::Action action = closing.Next({}, {}, {});
    ASSERT_EQ(action.kind, TunnelClosing::Action::Kind::kClose) << kTunnelEnds.Name(said.reason);
    EXPECT_EQ(closing.OurClose(action.to).code, said.code);
    EXPECT_EQ(closing.OurClose(action.to).reason, said.text);
  }
}

TEST(TunnelClosingTest, AnOperatorsWordsReachBothSides) {
  TunnelClosing closing(1012);
  EXPECT_TRUE(closing.EndByOperator(4001, std::string("by hand"), {}));
  EXPECT_FALSE(closing.EndByOperator(4002, "again", {}));
  TunnelClosing::Action action = closing.Next({}, {}, {});
  EXPECT_EQ(action.to, Side::kViewer);
  EXPECT_EQ(closing.OurClose(action.to).code, 4001);
  EXPECT_EQ(closing.OurClose(action.to).reason, "by hand");
  closing.OnCloseFrame(Side::kViewer, 4001, {});
  action = closing.Next({}, {}, {});
  EXPECT_EQ(action.to, Side::kUpstream);
  EXPECT_EQ(closing.OurClose(action.to).code, 4001);
  EXPECT_EQ(closing.OurClose(action.to).reason, "by hand");
}

TEST(TunnelClosingTest, KnowsWhatTheLogLineSays) {
  TunnelClosing closing(1012);
  EXPECT_TRUE(closing.quiet());
  EXPECT_EQ(closing.end(), std::nullopt);
  EXPECT_EQ(closing.close_sent(), std::nullopt);
  closing.End(TunnelEnd::kDrain, {});
  EXPECT_FALSE(closing.quiet());
  EXPECT_EQ(closing.close_sent(), std::nullopt) << "not yet";
  closing.Next({}, {}, {});
  EXPECT_EQ(closing.close_sent(), 1012);
  EXPECT_FALSE(closing.may_send(Side::kViewer));
  EXPECT_TRUE(closing.may_send(Side::kUpstream));
  closing.OnCloseFrame(Side::kViewer, 1005, {});
  EXPECT_EQ(closing.close_code(Side::kViewer), 1005);
  EXPECT_EQ(closing.close_code(Side::kUpstream), std::nullopt);
}

// The end of the drain.
TEST(TunnelClosingTest, ATunnelThatIsFinishedWhileOpenWasCut) {
  TunnelClosing open(1012);
  open.Finish();
  EXPECT_EQ(open.end(), TunnelEnd::kCut);
  TunnelClosing ending(1012);
  ending.End(TunnelEnd::kDrain, {});
  ending.Finish();
  EXPECT_EQ(ending.end(), TunnelEnd::kDrain);
  EXPECT_EQ(ending.Next({}, {}, {}).kind, TunnelClosing::Action::Kind::kNothing);
}

// For any events in any order: no side gets two Closes of ours or two FINs, or a Close behind a FIN; and when the two
// sides end, or do not until the second deadline, the tunnel is over.
class EveryOrder {
 public:
  void Try(std::size_t length) {
    Check();
    if (length == 0) return;
    for (const std::string_view event : kEvents) {
      events_.push_back(event);
      if (Play().Possible("1s")) Try(length - 1);
      events_.pop_back();
    }
  }
  int tried() const { return tried_; }

 private:
  static constexpr std::string_view kEvents[] = {"viewer Close",   "viewer FIN",      "viewer reset",   "viewer broken",
                                                 "viewer half",    "viewer slow",     "upstream Close", "upstream FIN",
                                                 "upstream reset", "upstream broken", "upstream half",  "upstream slow",
                                                 "idle",           "drain",           "unresponsive",   "deadline"};

  // Plays the events that are possible.
  ClosingTunnel Play() {
    ClosingTunnel tunnel;
    for (const std::string_view event : events_) {
      if (tunnel.Possible(event)) tunnel.Do(event);
    }
    return tunnel;
  }

  void Check() {
    ++tried_;
    {
      ClosingTunnel tunnel = Play();
      for (const std::string_view event : {"viewer taking", "upstream taking", "viewer FIN", "upstream FIN"}) {
        if (!tunnel.closing().finished() && (event.ends_with("taking") || tunnel.Possible(event))) tunnel.Do(event);
      }
      Expect(tunnel, "both sides end");
    }
    {
      ClosingTunnel tunnel = Play();
      if (tunnel.Possible("drain")) tunnel.Do("drain");
      for (int waits = 0; waits < 8; ++waits) {
        if (tunnel.Possible("deadline")) tunnel.Do("deadline");
      }
      Expect(tunnel, "nobody does anything");
    }
  }

  void Expect(ClosingTunnel& tunnel, std::string_view what) {
    const bool once = tunnel.closes(Side::kViewer) <= 1 && tunnel.closes(Side::kUpstream) <= 1 &&
                      tunnel.fins(Side::kViewer) <= 1 && tunnel.fins(Side::kUpstream) <= 1;
    if (tunnel.closing().finished() && tunnel.closing().end().has_value() && once) return;
    std::string order;
    for (const std::string_view event : events_) order += std::string(event) + ", ";
    ADD_FAILURE() << order << what;
  }

  std::vector<std::string_view> events_;
  int tried_ = 0;
};

TEST(TunnelClosingTest, EveryOrderOfFourEventsEndsOnce) {
  EveryOrder orders;
  orders.Try(4);
  EXPECT_GT(orders.tried(), 10'000);
}

}  // namespace
}  // namespace viaduct::sidecar
