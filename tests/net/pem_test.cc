#include "net/pem.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/support/test_certificates.h"

namespace viaduct::net {
namespace {

TEST(PemTest, AChainIsCertificatesAndNothingBroken) {
  const TestAuthority authority("ca");
  const TestIdentity server = authority.Issue("server");
  EXPECT_TRUE(IsCertificateChain(server.certificate));
  EXPECT_TRUE(IsCertificateChain(server.certificate + authority.certificate()));
  EXPECT_TRUE(IsCertificateChain("a comment\n" + server.certificate));
  EXPECT_FALSE(IsCertificateChain(""));
  EXPECT_FALSE(IsCertificateChain("junk"));
  EXPECT_FALSE(IsCertificateChain(server.private_key));
  std::string broken = authority.certificate();
  broken[broken.size() / 2] = '!';
  EXPECT_FALSE(IsCertificateChain(broken));
  EXPECT_FALSE(IsCertificateChain(server.certificate + broken));
}

TEST(PemTest, AKeyBelongsToItsCertificate) {
  const TestAuthority authority("ca");
  const TestIdentity a = authority.Issue("a");
  const TestIdentity b = authority.Issue("b");
  EXPECT_TRUE(KeyMatchesCertificate(a.private_key, a.certificate));
  EXPECT_TRUE(KeyMatchesCertificate(a.private_key, a.certificate + authority.certificate()));
  EXPECT_FALSE(KeyMatchesCertificate(b.private_key, a.certificate));
  EXPECT_FALSE(KeyMatchesCertificate("junk", a.certificate));
  EXPECT_FALSE(KeyMatchesCertificate(a.private_key, "junk"));
}

TEST(PemTest, AnEncryptedKeyIsToldInBothOfItsForms) {
  EXPECT_FALSE(IsEncryptedKey(TestAuthority("ca").Issue("a").private_key));
  EXPECT_TRUE(IsEncryptedKey("-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIIB\n-----END ENCRYPTED PRIVATE KEY-----\n"));
  EXPECT_TRUE(IsEncryptedKey("-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n"));
}

}  // namespace
}  // namespace viaduct::net
