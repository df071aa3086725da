#include "sidecar/upstream/upstream_health.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <chrono>
#include <string>
#include <vector>

namespace viaduct::sidecar {
namespace {

using std::chrono::seconds;

Upstream Named(const std::string& name) {
  Upstream upstream;
  upstream.address = *net::SocketAddress::Parse(name);
  upstream.name = name;
  upstream.check.interval = seconds(5);
  return upstream;
}

// One list and its reports.
struct Watched {
  explicit Watched(const std::vector<Upstream>& upstreams) { health.SetUpstreams(upstreams); }

  std::string Ready() const { return std::string(health.Ready().message()); }

  std::vector<std::string> changes;
  UpstreamHealth health{[this](std::string_view upstream, std::string_view problem) {
    changes.push_back(std::string(upstream) + " " + std::string(problem.empty() ? "up" : problem));
  }};
};

constexpr char kA[] = "127.0.0.1:1";
constexpr char kB[] = "unix:/b.sock";

TEST(UpstreamHealthTest, AnUpstreamThatNobodyLookedAtIsNotReadyButKeepsNoTrafficAway) {
  const Watched watched({Named(kA)});
  EXPECT_EQ(watched.Ready(), "upstream 127.0.0.1:1: not looked at yet");
  EXPECT_FALSE(watched.health.down());
  EXPECT_EQ(watched.health.Samples()[0].value, 0);
}

TEST(UpstreamHealthTest, ALookSaysUpAndDown) {
  Watched watched({Named(kA), Named(kB)});
  watched.health.NoteLook(kA, "");
  watched.health.NoteLook(kB, "");
  EXPECT_EQ(watched.Ready(), "");
  watched.health.NoteLook(kB, "answered 500");
  EXPECT_EQ(watched.Ready(), "upstream unix:/b.sock: answered 500");
  EXPECT_TRUE(watched.health.down());
  EXPECT_EQ(watched.health.Samples()[0].value, 1);
  EXPECT_EQ(watched.health.Samples()[1].value, 0);
  EXPECT_EQ(watched.health.Samples()[1].labels.at(0).second, kB);
  watched.health.NoteLook(kA, "no connection in time");
  EXPECT_EQ(watched.Ready(), "upstream 127.0.0.1:1: no connection in time; upstream unix:/b.sock: answered 500");
  watched.health.NoteLook(kA, "");
  watched.health.NoteLook(kB, "");
  EXPECT_EQ(watched.Ready(), "");
  EXPECT_FALSE(watched.health.down());
}

TEST(UpstreamHealthTest, ARequestThatCannotConnectSaysDownAtOnceAndOnlyALookUpAgain) {
  Watched watched({Named(kA)});
  watched.health.NoteLook(kA, "");
  watched.health.NoteConnectError(kA, ECONNREFUSED);
  EXPECT_EQ(watched.Ready(), "upstream 127.0.0.1:1: connection refused");
  EXPECT_TRUE(watched.health.down());
  watched.health.NoteLook(kA, "");
  EXPECT_EQ(watched.Ready(), "");
}

TEST(UpstreamHealthTest, WhatWeLackSaysNothing) {
  Watched watched({Named(kA)});
  watched.health.NoteLook(kA, "");
  for (const int error : {EMFILE, ENFILE, ENOBUFS, ENOMEM, EADDRNOTAVAIL, EAGAIN}) {
    EXPECT_EQ(ConnectProblem(error), "");
    watched.health.NoteConnectError(kA, error);
  }
  EXPECT_EQ(watched.Ready(), "");
  EXPECT_EQ(ConnectProblem(ENOENT), "no such file or directory");
}

TEST(UpstreamHealthTest, EachChangeIsToldOnce) {
  Watched watched({Named(kA)});
  for (int i = 0; i < 3; ++i) watched.health.NoteLook(kA, "");
  for (int i = 0; i < 3; ++i) watched.health.NoteConnectError(kA, ECONNREFUSED);
  watched.health.NoteLook(kA, "connection refused");
  watched.health.NoteLook(kA, "");
  EXPECT_EQ(watched.changes,
            (std::vector<std::string>{"127.0.0.1:1 up", "127.0.0.1:1 connection refused", "127.0.0.1:1 up"}));
}

TEST(UpstreamHealthTest, OneThatIsNotLookedAtCountsAsUp) {
  Upstream upstream = Named(kA);
  upstream.check.interval.reset();
  Watched watched({upstream});
  watched.health.NoteConnectError(kA, ECONNREFUSED);
  EXPECT_EQ(watched.Ready(), "");
  EXPECT_EQ(watched.health.Samples()[0].value, 1);
}

TEST(UpstreamHealthTest, OneThatIsNotRequiredShowsInTheMetricOnly) {
  Upstream upstream = Named(kA);
  upstream.check.required = false;
  Watched watched({upstream});
  EXPECT_EQ(watched.Ready(), "");
  watched.health.NoteLook(kA, "connection refused");
  EXPECT_EQ(watched.Ready(), "");
  EXPECT_FALSE(watched.health.down());
  EXPECT_EQ(watched.health.Samples()[0].value, 0);
}

TEST(UpstreamHealthTest, ANewListKeepsWhatIsKnownOfThoseThatStay) {
  Watched watched({Named(kA), Named(kB)});
  watched.health.NoteLook(kA, "");
  watched.health.NoteLook(kB, "connection refused");
  EXPECT_TRUE(watched.health.down());
  watched.health.SetUpstreams({Named(kA)});
  EXPECT_EQ(watched.Ready(), "");
  EXPECT_FALSE(watched.health.down());
  watched.health.NoteLook(kB, "connection refused");
  EXPECT_EQ(watched.Ready(), "") << "it is gone";
  Upstream other_check = Named(kA);
  other_check.check.path = "/health";
  watched.health.SetUpstreams({other_check});
  EXPECT_EQ(watched.Ready(), "upstream 127.0.0.1:1: not looked at yet");
}

}  // namespace
}  // namespace viaduct::sidecar
