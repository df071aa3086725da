// docs/operations.md lists what the code lists: every reason an operator may meet, once, and none that is gone.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <fstream>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "filter/verdict.h"
#include "http/body_reader.h"
#include "http/head.h"
#include "net/proxy_protocol.h"
#include "ops/admin/admin_refusals.h"
#include "origin/http/upgrade_request.h"
#include "origin/session/disconnect.h"
#include "sidecar/authorize/check_fault.h"
#include "sidecar/config/ladder/rung.h"
#include "sidecar/ecs/protection_answer.h"
#include "sidecar/request/request_end.h"
#include "sidecar/request/route_error.h"
#include "sidecar/request/rule.h"
#include "sidecar/request/tunnel_end.h"
#include "sidecar/request/upgrade.h"
#include "websocket/frame_error.h"

namespace viaduct {
namespace {

using ::testing::UnorderedElementsAre;
using ::testing::UnorderedElementsAreArray;

std::vector<std::string> Lines() {
  std::ifstream file("docs/operations.md");
  EXPECT_TRUE(file) << "docs/operations.md is not among the test's data";
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

// The names in backticks that open the rows of the table whose header begins with `| <first_column> |`, of the
// `number`th such table.
std::vector<std::string> TableNames(std::string_view first_column, int number = 1) {
  const std::string header = "| " + std::string(first_column) + " |";
  std::vector<std::string> names;
  bool inside = false;
  for (const std::string& line : Lines()) {
    if (line.rfind(header, 0) == 0) inside = --number == 0;
    if (line.empty()) inside = false;
    if (inside && line.rfind("| `", 0) == 0) names.push_back(line.substr(3, line.find('`', 3) - 3));
  }
  return names;
}

template <typename List>
std::vector<std::string> CodeNames(const List& list) {
  std::vector<std::string> names;
  for (const auto value : list) names.emplace_back(list.Name(value));
  return names;
}

// One table, in which `cut`, a reason of both, stands once.
TEST(OperationsDocTest, ListsWhyRequestsAndTunnelsEnd) {
  std::vector<std::string> names = CodeNames(sidecar::kRequestEnds);
  for (const std::string& name : CodeNames(sidecar::kTunnelEnds)) {
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  }
  EXPECT_THAT(TableNames("reason", 1), UnorderedElementsAreArray(names));
}

TEST(OperationsDocTest, ListsWhyTheFilterDenies) {
  EXPECT_THAT(TableNames("reason", 2), UnorderedElementsAreArray(CodeNames(filter::kDenyReasons)));
}

TEST(OperationsDocTest, ListsWhyOtherProxiesAreDenied) {
  EXPECT_THAT(TableNames("authorize reason"), UnorderedElementsAreArray(CodeNames(sidecar::kCheckFaults)));
}

TEST(OperationsDocTest, ListsTheRulesOfHeads) {
  EXPECT_THAT(TableNames("rule"), UnorderedElementsAreArray(CodeNames(http::kHeadErrors)));
}

TEST(OperationsDocTest, ListsTheRulesOfBodies) {
  EXPECT_THAT(TableNames("body rule"), UnorderedElementsAreArray(CodeNames(http::kBodyErrors)));
}

TEST(OperationsDocTest, ListsTheRulesOfUpgrades) {
  EXPECT_THAT(TableNames("upgrade rule"), UnorderedElementsAreArray(CodeNames(sidecar::kUpgradeErrors)));
}

TEST(OperationsDocTest, ListsTheRulesOf101s) {
  EXPECT_THAT(TableNames("101 rule"), UnorderedElementsAreArray(CodeNames(sidecar::kSwitchErrors)));
}

// A line of the log can have no other.
TEST(OperationsDocTest, ListsEveryRuleThatALogLineCanHave) {
  std::set<std::string> listed;
  for (const char* table :
       {"rule", "body rule", "route rule", "upgrade rule", "101 rule", "proxy rule", "frame rule"}) {
    for (const std::string& name : TableNames(table)) listed.insert(name);
  }
  for (const std::string_view word : sidecar::Rule::Words()) {
    if (word == sidecar::kRouteErrors.Name(sidecar::RouteError::kNoRoute)) continue;  // an end, and logged as such
    EXPECT_TRUE(listed.contains(std::string(word))) << word;
  }
}

TEST(OperationsDocTest, ListsTheRulesOfProxyHeaders) {
  EXPECT_THAT(TableNames("proxy rule"), UnorderedElementsAreArray(CodeNames(net::kProxyHeaderErrors)));
}

TEST(OperationsDocTest, ListsTheRulesOfRoutes) {
  EXPECT_THAT(TableNames("route rule"),
              UnorderedElementsAre(sidecar::kRouteErrors.Name(sidecar::RouteError::kAmbiguousPath)));
}

TEST(OperationsDocTest, ListsTheRulesOfFrames) {
  EXPECT_THAT(TableNames("frame rule"), UnorderedElementsAreArray(CodeNames(websocket::kFrameErrors)));
}

TEST(OperationsDocTest, ListsHowCallsForTaskProtectionEnd) {
  EXPECT_THAT(TableNames("protection result"), UnorderedElementsAreArray(CodeNames(sidecar::kProtectionResults)));
}

TEST(OperationsDocTest, ListsTheRungsOfTheTimeoutLadder) {
  EXPECT_THAT(TableNames("rung"), UnorderedElementsAreArray(CodeNames(sidecar::kRungIds)));
}

TEST(OperationsDocTest, ListsWhyChatConnectionsEnd) {
  std::vector<std::string> names;
  for (const origin::Disconnect& disconnect : origin::kDisconnects) names.emplace_back(disconnect.name);
  EXPECT_THAT(TableNames("chat reason"), UnorderedElementsAreArray(names));
}

TEST(OperationsDocTest, ListsWhyTheAdminApiRefusesACall) {
  EXPECT_THAT(TableNames("admin refusal"), UnorderedElementsAreArray(CodeNames(ops::AdminRefusals::kReasons)));
}

TEST(OperationsDocTest, ListsWhyTheChatRefusesAWebSocket) {
  EXPECT_THAT(TableNames("refusal"), UnorderedElementsAreArray(CodeNames(origin::kUpgradeRefusals)));
}

}  // namespace
}  // namespace viaduct
