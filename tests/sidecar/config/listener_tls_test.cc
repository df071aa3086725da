#include "sidecar/config/listener_tls.h"

#include <gtest/gtest.h>

#include <chrono>
#include <fstream>
#include <string>

#include "ops/config/field_rules.h"
#include "tests/support/test_certificates.h"

namespace viaduct::sidecar {
namespace {

std::string Write(const std::string& name, const std::string& text) {
  const std::string path = testing::TempDir() + "/listener_tls_" + name;
  std::ofstream(path) << text;
  return path;
}

std::string ErrorOf(const std::string& certificate_file, const std::string& key_file) {
  sidecar::v1::ListenerTls proto;
  proto.set_certificate_file(certificate_file);
  proto.set_private_key_file(key_file);
  absl::Status status = ops::ApplyFieldRules("listener_tls", &proto);
  if (status.ok()) status = ReadListenerTls(proto).status();
  return std::string(status.message());
}

TEST(ListenerTlsTest, ReadsItsFilesAndFillsInTheDefault) {
  const TestIdentity identity = TestAuthority("ca").Issue("sidecar");
  sidecar::v1::ListenerTls proto;
  proto.set_certificate_file(Write("certificate", identity.certificate));
  proto.set_private_key_file(Write("key", identity.private_key));
  ASSERT_TRUE(ops::ApplyFieldRules("listener_tls", &proto).ok());
  const absl::StatusOr<ListenerTls> tls = ReadListenerTls(proto);
  ASSERT_TRUE(tls.ok()) << tls.status();
  EXPECT_NE(tls->context, nullptr);
  EXPECT_EQ(tls->handshake_timeout, std::chrono::seconds(5));
  EXPECT_EQ(proto.handshake_timeout().seconds(), 5);
}

TEST(ListenerTlsTest, SaysWhichFileIsWrongAndWhy) {
  const TestAuthority authority("ca");
  const TestIdentity identity = authority.Issue("sidecar");
  const std::string certificate = Write("certificate", identity.certificate);
  const std::string key = Write("key", identity.private_key);
  const std::string other_key = Write("other_key", authority.Issue("other").private_key);
  const std::string junk = Write("junk", "junk");
  const std::string empty = Write("empty", "");
  const TestIdentity small = authority.Issue("small", {.rsa_bits = 1024});
  const std::string small_certificate = Write("small_certificate", small.certificate);
  const std::string small_key = Write("small_key", small.private_key);
  const std::string at_certificate = "listener_tls.certificate_file: \"";
  const std::string at_key = "listener_tls.private_key_file: \"";
  EXPECT_EQ(ErrorOf("", key), "listener_tls.certificate_file: required");
  EXPECT_EQ(ErrorOf(certificate, ""), "listener_tls.private_key_file: required");
  EXPECT_EQ(ErrorOf("/none", key), at_certificate + "/none\": cannot be read: No such file or directory");
  EXPECT_EQ(ErrorOf(empty, key), at_certificate + empty + "\": is empty");
  EXPECT_EQ(ErrorOf(junk, key), at_certificate + junk + "\": is not a PEM certificate chain");
  EXPECT_EQ(ErrorOf(certificate, junk), at_key + junk + "\": is not the PEM key of the certificate");
  EXPECT_EQ(ErrorOf(certificate, other_key), at_key + other_key + "\": is not the PEM key of the certificate");
  const std::string encrypted = Write("encrypted", "-----BEGIN ENCRYPTED PRIVATE KEY-----\n");
  EXPECT_EQ(
      ErrorOf(certificate, encrypted),
      at_key + encrypted +
          "\": is encrypted, and there is nobody to type its password; decrypt it with \"openssl pkey -in KEY -out "
          "DECRYPTED\"");
  EXPECT_EQ(ErrorOf(small_certificate, small_key),
            at_certificate + small_certificate + "\": cannot be used: ee key too small");
}

}  // namespace
}  // namespace viaduct::sidecar
