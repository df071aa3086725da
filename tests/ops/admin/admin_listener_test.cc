#include "ops/admin/admin_listener.h"

#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "ops/config/field_rules.h"
#include "ops/config/listeners.h"

namespace viaduct::ops {
namespace {

admin::v1::AdminListener Proto(const std::string& text) {
  admin::v1::AdminListener proto;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &proto)) << text;
  return proto;
}

// Makes a file in the test's directory; returns its path.
std::string FileWith(const std::string& name, const std::string& content) {
  const std::string path = std::string(std::getenv("TEST_TMPDIR")) + "/" + name;
  std::ofstream(path, std::ios::binary) << content;
  return path;
}

std::string ErrorOf(const std::string& text) {
  admin::v1::AdminListener proto = Proto(text);
  absl::Status status = ApplyFieldRules("admin", &proto);
  if (status.ok()) status = AdminListener::Create(proto).status();
  return std::string(status.message());
}

TEST(AdminListenerTest, NothingIsServedUnlessItIsSaid) {
  const auto listener = AdminListener::Create(Proto(""));
  ASSERT_TRUE(listener.ok()) << listener.status();
  EXPECT_FALSE(listener->unix_socket.has_value());
  EXPECT_FALSE(listener->tcp.has_value());
}

TEST(AdminListenerTest, ASocketIsAPath) {
  const auto listener = AdminListener::Create(Proto("unix_socket: '/tmp/admin.sock'"));
  ASSERT_TRUE(listener.ok()) << listener.status();
  EXPECT_EQ(listener->unix_socket->path(), "/tmp/admin.sock");
}

TEST(AdminListenerTest, TellsWhatIsTheSame) {
  const auto token = FileWith("token", "0123456789abcdef");
  const auto other = FileWith("other", "0123456789abcdeF");
  const auto listener = [](const std::string& text) { return AdminListener::Create(Proto(text)).value(); };
  const AdminListener none = listener("");
  const AdminListener on_tcp = listener("tcp { listen: '127.0.0.1:5' bearer_token_file: '" + token + "' }");
  const AdminListener both =
      listener("unix_socket: '/s' tcp { listen: '127.0.0.1:5' bearer_token_file: '" + other + "' }");
  EXPECT_EQ(none.Addresses(), "");
  EXPECT_EQ(on_tcp.Addresses(), "127.0.0.1:5");
  EXPECT_EQ(both.Addresses(), "unix:/s, 127.0.0.1:5");
  EXPECT_TRUE(none.SameCredentials(listener("unix_socket: '/s'")));
  EXPECT_TRUE(on_tcp.SameCredentials(on_tcp));
  EXPECT_FALSE(on_tcp.SameCredentials(both)) << "another file";
  EXPECT_FALSE(on_tcp.SameCredentials(none));
}

TEST(AdminListenerTest, AWrongFieldIsNamedWithItsRule) {
  struct Row {
    std::string text;
    std::string error;
  };
  for (const Row& row : std::vector<Row>{
           {"unix_socket: '" + std::string(108, 'a') + "'", "admin.unix_socket: \"unix:" + std::string(108, 'a') +
                                                                "\": the path of a Unix socket has at most 107 bytes"},
           {"tcp {}", "admin.tcp.listen: required"},
           {"tcp { listen: 'unix:/x' }", "admin.tcp.listen: \"unix:/x\": must be a TCP address"},
           {"tcp { listen: '127.0.0.1:0' }",
            "admin.tcp: bearer_token_file or client_ca_file must be set: the admin API is never open"},
           {"tcp { listen: '127.0.0.1:0' bearer_token_file: '/nowhere' }",
            "admin.tcp.bearer_token_file: cannot be read: No such file or directory"},
       }) {
    EXPECT_EQ(ErrorOf(row.text), row.error);
  }
}

TEST(AdminListenerTest, ConnectionsOnTcpGrowOld) {
  const std::string tcp =
      "tcp { listen: '127.0.0.1:0' bearer_token_file: '" + FileWith("token", "0123456789abcdef") + "' ";
  const auto age = [&](const std::string& field) {
    admin::v1::AdminListener proto = Proto(tcp + field + "}");
    EXPECT_TRUE(ApplyFieldRules("admin", &proto).ok());
    return AdminListener::Create(proto).value().MaxConnectionAge();
  };
  EXPECT_EQ(age(""), "24h");
  EXPECT_EQ(age("max_connection_age { seconds: 90 }"), "1m30s");
  EXPECT_EQ(age("max_connection_age {}"), "0s");
  EXPECT_EQ(ErrorOf(tcp + "max_connection_age { nanos: 1000000 } }"),
            "admin.tcp.max_connection_age: \"1ms\": must be 1s to 336h");
  EXPECT_EQ(AdminListener::Create(Proto("unix_socket: '/tmp/admin.sock'"))->MaxConnectionAge(), "0s");
}

TEST(AdminListenerTest, TheTokensAreRead) {
  const std::string path = FileWith("token", "0123456789abcdef\r\n");
  const auto listener = AdminListener::Create(Proto("tcp { listen: '127.0.0.1:0' bearer_token_file: '" + path + "' }"));
  ASSERT_TRUE(listener.ok()) << listener.status();
  EXPECT_EQ(listener->tcp->bearer_token_file, path);
  EXPECT_NE(listener->tcp->tokens.Find("0123456789abcdef"), nullptr);
}

TEST(AdminListenerTest, AFileWithoutGoodTokensIsRefused) {
  const std::string tcp = "tcp { listen: '127.0.0.1:0' bearer_token_file: '";
  const std::string empty = FileWith("empty", "");
  EXPECT_EQ(ErrorOf(tcp + empty + "' }"), "admin.tcp.bearer_token_file: \"" + empty + "\": holds no token");
  const std::string tiny = FileWith("tiny", "0123456789abcde\n");
  EXPECT_EQ(ErrorOf(tcp + tiny + "' }"),
            "admin.tcp.bearer_token_file: \"" + tiny + "\": line 1: the token is shorter than 16 characters");
  EXPECT_EQ(ErrorOf(tcp + std::getenv("TEST_TMPDIR") + "' }"),
            "admin.tcp.bearer_token_file: \"" + std::string(std::getenv("TEST_TMPDIR")) + "\": is not a regular file");
}

TEST(AdminListenerTest, CredentialsCanBeLeftUnread) {
  const auto error_of = [](const std::string& text) {
    return std::string(AdminListener::Create(Proto(text), Credentials::kLeft).status().message());
  };
  EXPECT_EQ(error_of("tcp { listen: '127.0.0.1:0' bearer_token_file: '/no' certificate_file: '/no' "
                     "private_key_file: '/no' client_ca_file: '/no' }"),
            "");
  EXPECT_EQ(error_of("tcp { listen: '127.0.0.1:0' }"),
            "admin.tcp: bearer_token_file or client_ca_file must be set: the admin API is never open");
}

TEST(AdminListenerTest, NoTwoListenersOfAProgramMayOverlap) {
  const std::string path = FileWith("token", "0123456789abcdef");
  const AdminListener admin =
      AdminListener::Create(Proto("unix_socket: '/a' tcp { listen: '127.0.0.1:7' bearer_token_file: '" + path + "' }"))
          .value();
  const auto error_with = [&](const char* listen, const char* ops_listen) {
    const net::SocketAddress ops = net::SocketAddress::Parse(ops_listen).value();
    return std::string(CheckListenersApart(admin.With(net::SocketAddress::Parse(listen).value(), ops)).message());
  };
  EXPECT_EQ(error_with("127.0.0.1:8", "127.0.0.1:9"), "");
  EXPECT_EQ(error_with("unix:/a", "127.0.0.1:9"),
            "admin.unix_socket: \"unix:/a\": listen is \"unix:/a\", and each needs an address of its own");
  EXPECT_EQ(error_with("127.0.0.1:8", "0.0.0.0:7"),
            "admin.tcp.listen: \"127.0.0.1:7\": ops_listen is \"0.0.0.0:7\", and each needs an address of its own");
}

TEST(AdminListenerTest, ATokenDoesNotTravelInClear) {
  const std::string path = FileWith("token", "0123456789abcdef");
  EXPECT_EQ(ErrorOf("tcp { listen: '10.0.0.1:1' bearer_token_file: '" + path + "' }"),
            "admin.tcp.listen: \"10.0.0.1:1\": not a loopback address, so certificate_file must be set");
}

TEST(AdminListenerTest, CertificateFilesGoTogether) {
  const std::string token = FileWith("token", "0123456789abcdef");
  const std::string junk = FileWith("junk", "junk");
  const std::string tcp = "tcp { listen: '127.0.0.1:0' bearer_token_file: '" + token + "' ";
  EXPECT_EQ(ErrorOf(tcp + "certificate_file: '" + junk + "' }"),
            "admin.tcp.private_key_file: must be set, since its counterpart is");
  EXPECT_EQ(ErrorOf(tcp + "private_key_file: '" + junk + "' }"),
            "admin.tcp.certificate_file: must be set, since its counterpart is");
  EXPECT_EQ(ErrorOf(tcp + "client_ca_file: '" + junk + "' }"),
            "admin.tcp.certificate_file: must be set, since client_ca_file is");
  EXPECT_EQ(ErrorOf(tcp + "certificate_file: '" + junk + "' private_key_file: '" + junk + "' }"),
            "admin.tcp.certificate_file: \"" + junk + "\": is not a PEM certificate chain");
}

}  // namespace
}  // namespace viaduct::ops
