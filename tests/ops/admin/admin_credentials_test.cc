#include "ops/admin/admin_credentials.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

#include "absl/status/status.h"
#include "ops/admin/admin_listener.h"
#include "ops/admin/admin_tls.h"
#include "ops/admin/admin_tokens.h"
#include "ops/log/log_sink.h"
#include "ops/log/logger.h"
#include "ops/metrics/metrics_page.h"
#include "ops/metrics/reload_counts.h"
#include "tests/support/log_lines.h"
#include "tests/support/test_certificates.h"

namespace viaduct::ops {
namespace {

constexpr char kOne[] = "Bearer 0123456789abcdef";
constexpr char kTwo[] = "Bearer fedcba9876543210";
constexpr char kBoth[] = "one 0123456789abcdef\ntwo fedcba9876543210\n";

std::string Path(std::string_view name) { return std::string(std::getenv("TEST_TMPDIR")) + "/" + std::string(name); }

// Replaces the file by a rename, as a deployment would, so that no partial file is read.
std::string Write(std::string_view name, const std::string& text) {
  const std::string path = Path(name);
  std::ofstream(path + ".new", std::ios::binary) << text;
  EXPECT_EQ(std::rename((path + ".new").c_str(), path.c_str()), 0);
  return path;
}

class AdminCredentialsTest : public testing::Test {
 protected:
  AdminListener WithTokens(const std::string& text) {
    AdminListener listener;
    listener.tcp.emplace();
    listener.tcp->bearer_token_file = Write("tokens", text);
    listener.tcp->tokens = AdminTokens::Read(Path("tokens")).value();
    return listener;
  }
  AdminListener WithTls(const TestIdentity& server, const std::string& client_ca) {
    AdminListener listener;
    listener.tcp.emplace();
    listener.tcp->tls_files = {.certificate = Write("certificate", server.certificate),
                               .private_key = Write("key", server.private_key),
                               .client_ca = client_ca.empty() ? "" : Write("ca", client_ca)};
    listener.tcp->tls = AdminTls::Read(listener.tcp->tls_files).value();
    return listener;
  }
  bool Shows(std::string_view line) const {
    MetricsPage page;
    reloads_.AddMetrics(&page);
    return page.Render().find(std::string(line) + "\n") != std::string::npos;
  }

  LogCatcher log_;
  LogSink sink_{log_.write_fd()};
  const Logger logger_{&sink_};
  ReloadCounts reloads_;
};

// Waits until `authorization` is `name`'s.
bool BecomesNamed(const AdminCredentials& credentials, std::string_view authorization, std::string_view name) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (credentials.NameOf(authorization) != name) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return true;
}

TEST_F(AdminCredentialsTest, TokensComeAndGoWhileItRuns) {
  const AdminCredentials credentials(WithTokens("one 0123456789abcdef\n"), &logger_, &reloads_);
  EXPECT_EQ(credentials.NameOf(kOne), "one");
  EXPECT_EQ(credentials.NameOf(kTwo), "");
  Write("tokens", kBoth);
  EXPECT_TRUE(BecomesNamed(credentials, kTwo, "two"));
  EXPECT_EQ(credentials.NameOf(kOne), "one") << "both are live";
  Write("tokens", "two fedcba9876543210\n");
  EXPECT_TRUE(BecomesNamed(credentials, kOne, ""));
  EXPECT_EQ(credentials.NameOf(kTwo), "two");
  EXPECT_FALSE(log_.Wait({{"level", "info"}, {"msg", "reloaded"}, {"source", "admin_tokens"}}).empty());
}

TEST_F(AdminCredentialsTest, ABrokenTokenFileKeepsTheLastGoodOneAndSaysSo) {
  const AdminCredentials credentials(WithTokens("one 0123456789abcdef\n"), &logger_, &reloads_);
  const std::string where = "admin.tcp.bearer_token_file: \"" + Path("tokens") + "\": ";
  Write("tokens", "one short\n");
  EXPECT_FALSE(log_.Wait({{"level", "warn"},
                          {"msg", "reload failed"},
                          {"source", "admin_tokens"},
                          {"error", where + "line 1: the token is shorter than 16 characters"}})
                   .empty());
  EXPECT_EQ(credentials.NameOf(kOne), "one");
  ASSERT_EQ(std::remove(Path("tokens").c_str()), 0);
  EXPECT_FALSE(log_.Wait({{"level", "warn"},
                          {"error", "admin.tcp.bearer_token_file: cannot be read: No such file or directory"}})
                   .empty());
  EXPECT_EQ(credentials.NameOf(kOne), "one");
  Write("tokens", "one 0123456789abcdef\n");
  EXPECT_FALSE(log_.Wait({{"msg", "reloaded"}}).empty());
  EXPECT_TRUE(log_.rest().empty()) << "each is told once";
}

TEST_F(AdminCredentialsTest, NothingButTheBearerSchemeIsAToken) {
  const AdminCredentials credentials(WithTokens(kBoth), &logger_, &reloads_);
  for (const std::string_view wrong :
       {"", "Bearer", "Bearer ", "bearer0123456789abcdef", "Basic 0123456789abcdef", "0123456789abcdef"}) {
    EXPECT_EQ(credentials.NameOf(wrong), "") << wrong;
  }
}

TEST_F(AdminCredentialsTest, CertificateKeyAndAuthorityAreTakenTogether) {
  const TestAuthority authority("ca");
  const TestAuthority next("next");
  const TestIdentity second = next.Issue("second");
  AdminCredentials credentials(WithTls(authority.Issue("first"), authority.certificate()), &logger_, &reloads_);
  const std::shared_ptr<const AdminTls> before = credentials.tls();
  EXPECT_TRUE(credentials.Reload().ok());
  EXPECT_EQ(credentials.tls(), before) << "the same content is the same object";
  // They are valid only together.
  Write("certificate", second.certificate);
  EXPECT_FALSE(credentials.Reload().ok());
  Write("ca", next.certificate());
  EXPECT_FALSE(credentials.Reload().ok());
  EXPECT_EQ(credentials.tls(), before);
  Write("key", second.private_key);
  EXPECT_TRUE(credentials.Reload().ok());
  EXPECT_EQ(credentials.tls()->certificate, second.certificate);
  EXPECT_EQ(credentials.tls()->private_key, second.private_key);
  EXPECT_EQ(credentials.tls()->client_ca, next.certificate());
}

TEST_F(AdminCredentialsTest, WhateverIsBrokenKeepsTheLastGoodOne) {
  const TestAuthority authority("ca");
  const TestIdentity server = authority.Issue("server");
  const TestIdentity other = authority.Issue("other");
  const TestIdentity weak = authority.Issue("weak", {.rsa_bits = 1024});
  AdminCredentials credentials(WithTls(server, authority.certificate()), &logger_, &reloads_);
  const std::shared_ptr<const AdminTls> before = credentials.tls();
  const struct {
    const char* file;
    std::string text;  // "": removed
    std::string error;
  } kRows[] = {
      {"certificate", "junk", "certificate_file: \"" + Path("certificate") + "\": is not a PEM certificate chain"},
      {"certificate", server.certificate.substr(0, 300),
       "certificate_file: \"" + Path("certificate") + "\": is not a PEM certificate chain"},
      {"certificate", "",
       "certificate_file: \"" + Path("certificate") + "\": cannot be read: No such file or directory"},
      {"certificate", other.certificate,
       "private_key_file: \"" + Path("key") + "\": is not the PEM key of the certificate"},
      {"key", server.private_key.substr(0, 100),
       "private_key_file: \"" + Path("key") + "\": is not the PEM key of the certificate"},
      {"key", "", "private_key_file: cannot be read: No such file or directory"},
      {"ca", "junk", "client_ca_file: \"" + Path("ca") + "\": is not a PEM certificate"},
      {"ca", authority.certificate() + authority.certificate().substr(0, 300),
       "client_ca_file: \"" + Path("ca") + "\": is not a PEM certificate"},
      {"ca", "", "client_ca_file: \"" + Path("ca") + "\": cannot be read: No such file or directory"},
  };
  const auto restore = [&] {
    Write("certificate", server.certificate);
    Write("key", server.private_key);
    Write("ca", authority.certificate());
  };
  for (const auto& row : kRows) {
    row.text.empty() ? void(std::remove(Path(row.file).c_str())) : void(Write(row.file, row.text));
    const absl::Status status = credentials.Reload();
    EXPECT_EQ(std::string(status.message()), "admin_certificate: admin.tcp." + row.error);
    EXPECT_EQ(credentials.tls(), before) << row.error;
    EXPECT_TRUE(Shows("viaduct_config_stale{source=\"admin_certificate\"} 1")) << row.error;
    EXPECT_FALSE(log_.Wait({{"msg", "reload failed"}, {"source", "admin_certificate"}}).empty());
    restore();
    EXPECT_TRUE(credentials.Reload().ok());
    EXPECT_TRUE(Shows("viaduct_config_stale{source=\"admin_certificate\"} 0")) << row.error;
  }
  Write("certificate", weak.certificate);
  Write("key", weak.private_key);
  EXPECT_EQ(std::string(credentials.Reload().message()), "admin_certificate: admin.tcp.certificate_file: \"" +
                                                             Path("certificate") +
                                                             "\": cannot be used: ee key too small");
  EXPECT_EQ(credentials.tls(), before);
}

TEST_F(AdminCredentialsTest, TheCertificatesEndIsShown) {
  const TestAuthority authority("ca");
  const AdminCredentials with(WithTls(authority.Issue("server"), ""), &logger_, &reloads_);
  const AdminCredentials without({}, &logger_, &reloads_);
  const auto shown = [](const AdminCredentials& credentials) {
    MetricsPage page;
    credentials.AddMetrics(&page);
    const std::string text = page.Render();
    return std::stod(text.substr(text.find("\nviaduct_admin_certificate_expiry_seconds ") + 42));
  };
  EXPECT_EQ(shown(without), 0);
  const double now = std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  EXPECT_GT(shown(with), now + 3000);
  EXPECT_LT(shown(with), now + 3700);
}

}  // namespace
}  // namespace viaduct::ops
