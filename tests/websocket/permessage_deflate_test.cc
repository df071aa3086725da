#include "websocket/permessage_deflate.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>

namespace viaduct::websocket {
namespace {

constexpr DeflatePolicy kPlain;
constexpr DeflatePolicy kTakesOver = {.client_context = DeflateContext::kTakenOver};
constexpr DeflatePolicy kTakesOver11 = {.client_context = DeflateContext::kTakenOver, .client_window_bits = 11};

// Returns the answer, or "declined".
std::string Answer(std::string_view extensions, const DeflatePolicy& policy = kPlain) {
  const std::optional<DeflateAgreement> agreement = AgreeOnDeflate(extensions, policy);
  return agreement ? agreement->Answer() : "declined";
}

constexpr char kNone[] = "permessage-deflate; server_no_context_takeover; client_no_context_takeover";
constexpr char kTaken[] = "permessage-deflate; server_no_context_takeover";

TEST(PermessageDeflateTest, WhatBrowsersOfferIsTaken) {
  EXPECT_EQ(Answer("permessage-deflate; client_max_window_bits"), kNone);  // Chromium
  EXPECT_EQ(Answer("permessage-deflate"), kNone);                          // Firefox
  EXPECT_EQ(Answer("Permessage-Deflate ;  CLIENT_max_window_bits"), kNone);
  EXPECT_EQ(Answer("permessage-deflate;server_no_context_takeover;client_no_context_takeover"), kNone);
}

TEST(PermessageDeflateTest, TheServersWindowIsTheSmallerOne) {
  EXPECT_EQ(Answer("permessage-deflate; server_max_window_bits=10"),
            std::string(kNone) + "; server_max_window_bits=10");
  EXPECT_EQ(Answer("permessage-deflate; server_max_window_bits=\"1\\5\""),
            std::string(kNone) + "; server_max_window_bits=15");
  const DeflatePolicy twelve = {.server_window_bits = 12};
  EXPECT_EQ(Answer("permessage-deflate; server_max_window_bits=15", twelve),
            std::string(kNone) + "; server_max_window_bits=12");
  EXPECT_EQ(AgreeOnDeflate("permessage-deflate; server_max_window_bits=9", twelve)->server_window_bits, 9);
  EXPECT_EQ(AgreeOnDeflate("permessage-deflate", twelve)->server_window_bits, 12);
}

TEST(PermessageDeflateTest, AServersWindowThatZlibCannotKeepToIsDeclined) {
  EXPECT_EQ(Answer("permessage-deflate; server_max_window_bits=8"), "declined");
  EXPECT_EQ(Answer("permessage-deflate; server_max_window_bits=8, permessage-deflate"), kNone);
}

TEST(PermessageDeflateTest, TheClientsContextIsTakenOverIfItsWindowFits) {
  EXPECT_EQ(Answer("permessage-deflate", kTakesOver), kTaken);
  EXPECT_EQ(Answer("permessage-deflate; client_max_window_bits", kTakesOver), kTaken);
  EXPECT_EQ(Answer("permessage-deflate; client_no_context_takeover", kTakesOver), kNone);
  const auto agreement = AgreeOnDeflate("permessage-deflate; client_max_window_bits=10", kTakesOver);
  EXPECT_EQ(agreement->Answer(), kTaken);
  EXPECT_EQ(agreement->client_window_bits, 10);
  EXPECT_EQ(agreement->client_context, DeflateContext::kTakenOver);
}

TEST(PermessageDeflateTest, AClientWhoseWindowIsTooLargeIsToldOfASmallerOneOrOfNone) {
  EXPECT_EQ(Answer("permessage-deflate; client_max_window_bits", kTakesOver11),
            std::string(kTaken) + "; client_max_window_bits=11");
  EXPECT_EQ(Answer("permessage-deflate; client_max_window_bits=12", kTakesOver11),
            std::string(kTaken) + "; client_max_window_bits=11");
  EXPECT_EQ(Answer("permessage-deflate; client_max_window_bits=8", kTakesOver11), kTaken);
  // A client that does not offer the parameter must not be sent it (RFC 7692 section 7.1.2.2).
  EXPECT_EQ(Answer("permessage-deflate", kTakesOver11), kNone);
}

TEST(PermessageDeflateTest, TheFirstOfferThatCanBeKeptIsTaken) {
  EXPECT_EQ(Answer("permessage-deflate; server_max_window_bits=9; server_no_context_takeover, permessage-deflate"),
            std::string(kNone) + "; server_max_window_bits=9");
  EXPECT_EQ(Answer("x-other; a=b; c=\"d\", ,permessage-deflate; later_parameter, permessage-deflate"), kNone);
}

TEST(PermessageDeflateTest, OffersWithWrongParametersAreDeclined) {
  for (const char* parameters :
       {"unknown", "server_no_context_takeover=1", "client_no_context_takeover=true",
        "server_no_context_takeover; server_no_context_takeover",
        "client_no_context_takeover; client_no_context_takeover", "server_max_window_bits", "server_max_window_bits=7",
        "server_max_window_bits=16", "server_max_window_bits=010", "server_max_window_bits=09",
        "server_max_window_bits=1x", "server_max_window_bits=10; server_max_window_bits=10", "client_max_window_bits=7",
        "client_max_window_bits=16", "client_max_window_bits=+9", "client_max_window_bits; client_max_window_bits"}) {
    EXPECT_EQ(Answer(std::string("permessage-deflate; ") + parameters, kTakesOver), "declined") << parameters;
  }
}

TEST(PermessageDeflateTest, NothingIsTakenFromBehindBrokenGrammar) {
  for (const char* extensions :
       {"", ",", ";", "permessage-deflate;", "permessage-deflate; =9",
        "permessage-deflate; server_max_window_bits=", "permessage-deflate; server_max_window_bits=\"10",
        "permessage-deflate; server_max_window_bits=\"\"", "permessage-deflate; server_max_window_bits=\"1 0\"",
        "permessage-deflate; server_max_window_bits=\"1\\", "permessage-deflate x", "permessage deflate",
        "(x), permessage-deflate", "x-webkit-deflate-frame", "a;b=\"c, permessage-deflate"}) {
    EXPECT_EQ(Answer(extensions), "declined") << extensions;
  }
}

}  // namespace
}  // namespace viaduct::websocket
