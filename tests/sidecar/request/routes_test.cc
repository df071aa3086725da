#include "sidecar/request/routes.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <utility>

#include "api/sidecar/v1/sidecar.pb.h"
#include "ops/config/config_file.h"
#include "ops/config/field_rules.h"

namespace viaduct::sidecar {
namespace {

using std::chrono::seconds;

// The rest of a config file besides routes.
constexpr char kRest[] = R"(
listen: "0.0.0.0:80"
vpc_origin: {}
timeouts: {response_timeout: 1s, body_timeout: 2s, upgrade_timeout: 3s, idle_timeout: 4s, max_duration: 5s}
)";

struct Result {
  RouteTable table;
  std::string error;
  sidecar::v1::SidecarConfig proto;
};

Result Read(const std::string& yaml) {
  Result result;
  const absl::StatusOr<ops::ConfigFile> file = ops::ConfigFile::Parse("c", yaml + kRest, &result.proto);
  EXPECT_TRUE(file.ok()) << file.status();
  absl::Status status = ops::ApplyFieldRules("", &result.proto);
  if (status.ok()) {
    absl::StatusOr<RouteTable> table = RouteTable::Create(&result.proto);
    status = table.status();
    if (table.ok()) result.table = *std::move(table);
  }
  result.error = std::string(status.message());
  return result;
}

// Returns the prefix of the route that `target` takes, or why it takes none.
std::string Taken(const RouteTable& table, const char* target) {
  RouteError error;
  const Route* route = table.Find(target, &error);
  return std::string(route == nullptr ? kRouteErrors.Name(error) : std::string_view(route->path_prefix));
}

constexpr char kRoutes[] = R"(
upstream: {address: "127.0.0.1:1"}
routes:
- {path_prefix: /chat, upstream: {address: "127.0.0.1:2"}, timeouts: {idle_timeout: 0s, response_timeout: 7s}}
- {path_prefix: /chat/admin, websocket: REFUSE, http: REFUSE}
- {path_prefix: /static/, upstream: {address: "unix:/s.sock"}, websocket: REFUSE}
- {path_prefix: /chat/ws, upstream: {address: "127.0.0.1:2"}}
)";

TEST(RoutesTest, TheTopLevelUpstreamAloneTakesEveryPath) {
  const Result result = Read("upstream: {address: '127.0.0.1:1'}\n");
  EXPECT_EQ(result.error, "");
  for (const char* target : {"/", "/x?y", "/a/../b", "//", "/%2f", "/\\"}) EXPECT_EQ(Taken(result.table, target), "/");
  ASSERT_EQ(result.table.upstreams().size(), 1u);
  EXPECT_EQ(result.table.upstreams()[0].name, "127.0.0.1:1");
  const Route& route = result.table.routes()[0];
  EXPECT_EQ(route.timeouts.body_timeout, seconds(2));
  EXPECT_EQ(route.timeouts.idle_timeout, seconds(4));
  EXPECT_TRUE(route.allows_http);
  EXPECT_TRUE(route.allows_websocket);
}

TEST(RoutesTest, TheLongestPrefixThatFitsDecides) {
  const Result result = Read(kRoutes);
  EXPECT_EQ(result.error, "");
  const struct {
    const char* target;
    const char* prefix;
  } kTable[] = {
      {"/", "/"},
      {"/chatter", "/"},
      {"/static", "/"},
      {"/chat", "/chat"},
      {"/chat?x=/chat/admin", "/chat"},
      {"/chat/x", "/chat"},
      {"/chat/administrator", "/chat"},
      {"/chat/admin", "/chat/admin"},
      {"/chat/admin/x?y", "/chat/admin"},
      {"/chat/ws", "/chat/ws"},
      {"/static/", "/static/"},
      {"/static/a%20b;v=1", "/static/"},
      {"/other/%41;x=CHAT", "/"},
  };
  for (const auto& row : kTable) EXPECT_EQ(Taken(result.table, row.target), row.prefix) << row.target;
}

// A server of "/" might take these for a path of another route.
TEST(RoutesTest, NoOtherSpellingReachesAnotherRouteThanThePathItself) {
  const Result result = Read(kRoutes);
  for (const char* target : {"/x/../chat/admin",
                             "/chat/./admin",
                             "/chat//admin",
                             "//chat/admin",
                             "/chat/%61dmin",
                             "/chat/ADMIN",
                             "/chat/admin;x=1",
                             "/Chat/admin",
                             "/chat%2fadmin",
                             "/chat/x%5c..%5cadmin",
                             "/chat\\admin",
                             "/chat/..;/chat/admin",
                             "/chat/%2561dmin",
                             "/chat/admin%00",
                             "/chat/admin%3fx",
                             "/CHAT",
                             "/Static/x",
                             "/chat;a/admin",
                             "/%63hat",
                             "//x/chat/ws",
                             "/x%c0%af..%c0%afchat",
                             "/%u0063hat"}) {
    EXPECT_EQ(Taken(result.table, target), "ambiguous_path") << target;
  }
}

// What is odd, and has the same route however it is read.
TEST(RoutesTest, APathWhoseReadingsHaveOneRouteTakesIt) {
  const Result result = Read(kRoutes);
  const struct {
    const char* target;
    const char* prefix;
  } kTable[] = {
      {"/api/v4/projects/group%2Fproject/issues", "/"},
      {"/api/queues/%2F/jobs", "/"},
      {"/resize/300x200/https://img.example.com/a.jpg", "/"},
      {"/api/files//etc/motd", "/"},
      {"/search/100%25abc", "/"},
      {"/%C0%E1%E2", "/"},
      {"/100%", "/"},
      {"/a/chat/../b", "/"},
      {"/x\\y;v=1/./%2e%2e/z", "/"},
      {"/CHATTER/..%2fx", "/"},
      {"/chat/x%2fy", "/chat"},
      {"/chat/x/../y", "/chat"},
      {"/chat/a;v=1//b", "/chat"},
      {"/chat/USERS", "/chat"},
      {"/chat/admin/%61", "/chat/admin"},
      {"/static//x", "/static/"},
      {"/chat/x?back=/../static/", "/chat"},
  };
  for (const auto& row : kTable) EXPECT_EQ(Taken(result.table, row.target), row.prefix) << row.target;
}

TEST(RoutesTest, APathThatLeavesItsRouteIsRefused) {
  const Result result = Read("routes: [{path_prefix: /chat, upstream: {address: '127.0.0.1:1'}}]\n");
  for (const char* target : {"/chat/..", "/chat/../internal", "/chat/..%2finternal", "/chat\\..\\x", "//chat"}) {
    EXPECT_EQ(Taken(result.table, target), "ambiguous_path") << target;
  }
  EXPECT_EQ(Taken(result.table, "/other/../x"), "no_route");
}

TEST(RoutesTest, WithoutATopLevelUpstreamOtherPathsHaveNoRoute) {
  const Result result = Read("routes: [{path_prefix: /chat, upstream: {address: '127.0.0.1:1'}}]\n");
  EXPECT_EQ(result.error, "");
  EXPECT_EQ(Taken(result.table, "/chat"), "/chat");
  EXPECT_EQ(Taken(result.table, "/"), "no_route");
  EXPECT_EQ(Taken(result.table, "/chatter"), "no_route");
  EXPECT_EQ(Taken(result.table, "/Chat"), "ambiguous_path");
}

TEST(RoutesTest, ARouteForEveryPathStandsBeforeTheTopLevelUpstream) {
  const Result result = Read(
      "upstream: {address: '127.0.0.1:1'}\n"
      "routes: [{path_prefix: /, websocket: REFUSE, timeouts: {body_timeout: 9s}}]\n");
  EXPECT_EQ(result.error, "");
  ASSERT_EQ(result.table.routes().size(), 1u);
  EXPECT_FALSE(result.table.routes()[0].allows_websocket);
  EXPECT_EQ(result.table.routes()[0].timeouts.body_timeout, seconds(9));
}

TEST(RoutesTest, WhatARouteDoesNotSayIsAsElsewhere) {
  const Result result = Read(kRoutes);
  RouteError error;
  const Route* chat = result.table.Find("/chat", &error);
  EXPECT_EQ(chat->timeouts.idle_timeout, std::nullopt) << "0s is off";
  EXPECT_EQ(chat->timeouts.response_timeout, seconds(7));
  EXPECT_EQ(chat->timeouts.upgrade_timeout, seconds(3));
  EXPECT_EQ(chat->timeouts.max_duration, seconds(5));
  EXPECT_EQ(chat->timeouts.viewer_idle_timeout, std::nullopt);
  EXPECT_TRUE(chat->allows_http && chat->allows_websocket);
  const Route* admin = result.table.Find("/chat/admin", &error);
  EXPECT_FALSE(admin->allows_http || admin->allows_websocket);
  EXPECT_EQ(admin->upstream, 0u) << "the top-level one";
}

TEST(RoutesTest, AnUpstreamNamedTwiceIsOne) {
  const Result result = Read(kRoutes);
  ASSERT_EQ(result.table.upstreams().size(), 3u);
  RouteError error;
  EXPECT_EQ(result.table.Find("/chat", &error)->upstream, result.table.Find("/chat/ws", &error)->upstream);
  EXPECT_EQ(result.table.upstreams()[2].name, "unix:/s.sock");
}

TEST(RoutesTest, WhatIsInForceIsWrittenIntoTheMessage) {
  const Result result = Read(kRoutes);
  const sidecar::v1::Route& chat = result.proto.routes(0);
  EXPECT_EQ(chat.timeouts().response_timeout().seconds(), 7);
  EXPECT_EQ(chat.timeouts().max_duration().seconds(), 5);
  EXPECT_TRUE(chat.timeouts().has_viewer_idle_timeout());
  EXPECT_EQ(chat.upstream().max_idle_connections(), 32u);
  EXPECT_EQ(chat.websocket(), sidecar::v1::ALLOW);
  EXPECT_EQ(result.proto.routes(1).http(), sidecar::v1::REFUSE);
}

TEST(RoutesTest, AnErrorNamesFieldValueAndRule) {
  const std::string top = "upstream: {address: '127.0.0.1:1'}\nroutes:\n";
  const struct {
    std::string yaml;
    const char* error;
  } kTable[] = {
      {"workers: 1", "upstream.address: required"},
      {"upstream: {}", "upstream.address: required"},
      {top + "- {}", "routes[0].path_prefix: required"},
      {top + "- {path_prefix: chat}", "routes[0].path_prefix: \"chat\": must begin with \"/\""},
      {top + "- {path_prefix: /a}\n- {path_prefix: /A}",
       "routes[1].path_prefix: \"/A\": another route has this prefix, or one that differs only in case"},
      {top + "- {path_prefix: /a}\n- {path_prefix: /a}",
       "routes[1].path_prefix: \"/a\": another route has this prefix, or one that differs only in case"},
      {top + "- {path_prefix: /a, upstream: {address: x}}",
       "routes[0].upstream.address: \"x\": must be \"ADDRESS:PORT\", \"[IPV6]:PORT\" or \"unix:PATH\""},
      {top + "- {path_prefix: /a, upstream: {address: '127.0.0.1:1', connect_timeout: 3s}}",
       "routes[0].upstream.address: \"127.0.0.1:1\": has other settings elsewhere in this file"},
      {top + "- {path_prefix: /a, timeouts: {body_timeout: 0s}}",
       "routes[0].timeouts.body_timeout: must be longer than 0s"},
      {"routes: [{path_prefix: /a}]", "routes[0].upstream: required: there is no top-level upstream"},
  };
  for (const auto& row : kTable) EXPECT_EQ(Read(row.yaml).error, row.error) << row.yaml;
  std::string many = top;
  for (int i = 0; i < 101; ++i) many += "- {path_prefix: /" + std::to_string(i) + "}\n";
  EXPECT_EQ(Read(many).error, "routes: must have at most 100 items");
}

TEST(RoutesTest, AnErrorOfAPrefixSaysWhatIsWrongWithIt) {
  const std::string pattern = "is a pattern, but a prefix is literal and matches itself and every path below it";
  const std::string character =
      "must have no space or other character that stands in a request's path only as an escape";
  const struct {
    std::string prefix;
    std::string rule;
  } kTable[] = {
      {"/ws/*", pattern + "; write \"/ws\""},
      {"/ws*", pattern + "; write \"/ws\""},
      {"/ws(/.*)?", pattern + "; write \"/ws\""},
      {"^/ws", pattern + "; write \"/ws\""},
      {"*", pattern + "; write \"/\""},
      {"/a/*/b", pattern},
      {"/{id}/x", pattern},
      {"/a b", character},
      {"/é", character},
      {"/a?b", "must be only a path, without query or fragment"},
      {"/a%20b", "must have no escape"},
      {"/a;b", "must have no \";\""},
      {"/a//b", "must have no empty segment"},
      {"/a/../b", "must have no dot segment"},
  };
  for (const auto& row : kTable) {
    EXPECT_EQ(Read("upstream: {address: '127.0.0.1:1'}\nroutes: [{path_prefix: '" + row.prefix + "'}]\n").error,
              "routes[0].path_prefix: \"" + row.prefix + "\": " + row.rule);
  }
}

TEST(RoutesTest, ErrorNamesDiffer) {
  EXPECT_EQ(kRouteErrors.Name(RouteError::kNoRoute), "no_route");
  EXPECT_EQ(kRouteErrors.Name(RouteError::kAmbiguousPath), "ambiguous_path");
}

}  // namespace
}  // namespace viaduct::sidecar
