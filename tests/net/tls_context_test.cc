#include "net/tls_context.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "absl/status/status.h"
#include "tests/support/test_certificates.h"

namespace viaduct::net {
namespace {

TEST(TlsContextTest, TakesAChainAndItsKey) {
  const TestAuthority authority("ca");
  const TestIdentity identity = authority.Issue("sidecar");
  const auto context = TlsContext::Create(identity.certificate + authority.certificate(), identity.private_key);
  ASSERT_TRUE(context.ok()) << context.status();
  EXPECT_NE((*context)->NewConnection(), nullptr);
  const auto left = (*context)->expires() - std::chrono::system_clock::now();
  EXPECT_LE(left, std::chrono::hours(1));
  EXPECT_GT(left, std::chrono::minutes(50));
}

TEST(TlsContextTest, SaysWhatIsWrong) {
  const TestAuthority authority("ca");
  const TestIdentity a = authority.Issue("a");
  const TestIdentity b = authority.Issue("b");
  const struct {
    std::string certificate;
    std::string key;
    std::string rule;
  } kRows[] = {
      {"", a.private_key, "is not a PEM certificate chain"},
      {"junk", a.private_key, "is not a PEM certificate chain"},
      {a.private_key, a.private_key, "is not a PEM certificate chain"},
      {a.certificate + a.certificate.substr(0, 100), a.private_key, "is not a PEM certificate chain"},
      {a.certificate, "", "is not the certificate of the PEM key"},
      {a.certificate, b.private_key, "is not the certificate of the PEM key"},
      {a.certificate, a.certificate, "is not the certificate of the PEM key"},
  };
  for (const auto& row : kRows) {
    EXPECT_EQ(TlsContext::Create(row.certificate, row.key).status().message(), row.rule);
  }
}

TEST(TlsContextTest, RefusesAWeakKeyInOpensslsWords) {
  const TestAuthority authority("ca");
  const TestIdentity weak = authority.Issue("weak", {.rsa_bits = 1024});
  EXPECT_EQ(TlsContext::Create(weak.certificate, weak.private_key).status().message(),
            "cannot be used: ee key too small");
}

TEST(TlsContextTest, AnExpiredCertificateIsNoError) {
  const TestAuthority authority("ca");
  const TestIdentity old = authority.Issue("old", {.valid_for = std::chrono::seconds(-30)});
  const auto context = TlsContext::Create(old.certificate, old.private_key);
  ASSERT_TRUE(context.ok()) << context.status();
  EXPECT_LT((*context)->expires(), std::chrono::system_clock::now());
}

TEST(TlsContextTest, AClientSaysWhatIsWrong) {
  const TestAuthority authority("ca");
  EXPECT_EQ(TlsContext::CreateClient("junk", "localhost").status().message(), "is not a list of PEM certificates");
  EXPECT_EQ(TlsContext::CreateClient("", "").status().message(), "the server's name must be set");
  for (const std::string& authorities : {std::string(), authority.certificate()}) {
    const auto context = TlsContext::CreateClient(authorities, "localhost");
    ASSERT_TRUE(context.ok()) << context.status();
    EXPECT_NE((*context)->NewConnection(), nullptr);
  }
}

}  // namespace
}  // namespace viaduct::net
