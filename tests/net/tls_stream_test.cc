// TLS on a StreamSocket, against a client whose bytes the test carries.
#include "net/tls_stream.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "net/event_loop.h"
#include "net/stream_socket.h"
#include "net/tls_context.h"
#include "net/unique_fd.h"
#include "tests/net/run_loop.h"
#include "tests/net/sockets.h"
#include "tests/support/test_certificates.h"
#include "tests/support/tls_client.h"

namespace viaduct::net {
namespace {

using Kind = IoResult::Kind;
using Handshake = TlsStream::Handshake;

// The context that all tests share.
const TlsContext& Context() {
  static const std::shared_ptr<const TlsContext> context = [] {
    const TestIdentity identity = TestAuthority("ca").Issue("sidecar");
    return TlsContext::Create(identity.certificate, identity.private_key).value();
  }();
  return *context;
}

// A server's StreamSocket and a client at the other end of its connection.
class TlsPair final : private StreamSocket::Owner {
 public:
  explicit TlsPair(const TlsClientOptions& options = {}, SocketPair pair = MakeTcpPair())
      : client(options), socket(loop.get(), std::move(pair.ours), this), theirs_(std::move(pair.theirs)) {
    socket.StartTls(Context());
  }

  // Runs turns until `fact` holds, while the client's output is sent and what comes is fed to it.
  bool CarryUntil(const std::function<bool()>& fact) {
    return RunUntil(loop.get(), [&] {
      if (fact()) return true;
      Carry();
      return false;
    });
  }
  void Carry() {
    Send(client.TakeOutput());
    std::array<char, 4096> buffer;
    for (;;) {
      const ssize_t got = ::recv(theirs_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
      if (got == 0) fin_came = true;
      if (got <= 0) return;
      client.Feed({buffer.data(), static_cast<std::size_t>(got)});
    }
  }
  void Send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(theirs_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      if (sent <= 0) break;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    ASSERT_TRUE(bytes.empty());
  }
  bool ShakeHands() {
    Handshake result = Handshake::kPending;
    return CarryUntil([&] {
             const bool client_done = client.Shake();
             if (result == Handshake::kPending) result = socket.Handshake();
             return (client_done && result == Handshake::kDone) || result == Handshake::kFailed;
           }) &&
           result == Handshake::kDone;
  }
  // Reads while the socket says that it may.
  Kind ReadAll(std::string* out, std::size_t buffer_size = 64 * 1024) {
    std::string buffer(buffer_size, '\0');
    IoResult result{.kind = Kind::kWouldBlock};
    while (socket.readable()) {
      result = socket.Read(buffer.data(), buffer.size());
      out->append(buffer, 0, result.bytes);
      if (!result.done()) break;
    }
    return result.kind;
  }
  void SendFin() { ::shutdown(theirs_.get(), SHUT_WR); }
  void CloseTheirs() { theirs_.Reset(); }

  const std::unique_ptr<EventLoop> loop = MakeLoop();
  TlsClient client;
  StreamSocket socket;
  int calls = 0;
  bool fin_came = false;

 private:
  void OnSocketReady(StreamSocket*) override { ++calls; }

  UniqueFd theirs_;
};

TEST(TlsStreamTest, SpeaksBothVersionsWithModernCiphersOnly) {
  TlsPair newest;
  ASSERT_TRUE(newest.ShakeHands());
  EXPECT_EQ(newest.client.version(), "TLSv1.3");
  TlsPair older({.version = TLS1_2_VERSION});
  ASSERT_TRUE(older.ShakeHands());
  EXPECT_EQ(older.client.cipher(), "ECDHE-ECDSA-AES256-GCM-SHA384");
  for (const char* ciphers : {"ECDHE-ECDSA-AES256-SHA", "AES256-GCM-SHA384", "DHE-RSA-AES256-GCM-SHA384"}) {
    TlsPair weak({.version = TLS1_2_VERSION, .ciphers = ciphers});
    EXPECT_FALSE(weak.ShakeHands());
    EXPECT_STREQ(weak.socket.tls().failure(), "no shared cipher");
  }
}

TEST(TlsStreamTest, RefusesOlderVersions) {
  for (const int version : {TLS1_VERSION, TLS1_1_VERSION}) {
    TlsPair pair({.version = version});
    EXPECT_FALSE(pair.ShakeHands());
    EXPECT_STREQ(pair.socket.tls().failure(), "unsupported protocol");
  }
}

TEST(TlsStreamTest, AgreesOnHttp11OrNothing) {
  TlsPair http11({.alpn = "http/1.1"});
  ASSERT_TRUE(http11.ShakeHands());
  EXPECT_EQ(http11.client.alpn(), "http/1.1");
  TlsPair h2({.alpn = "h2"});
  EXPECT_FALSE(h2.ShakeHands());
  EXPECT_STREQ(h2.socket.tls().failure(), "no application protocol");
}

TEST(TlsStreamTest, ResumesByTicket) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    TlsPair first({.version = version});
    ASSERT_TRUE(first.ShakeHands());
    EXPECT_FALSE(first.client.resumed());
    ASSERT_EQ(first.socket.Write("x", 1).bytes, 1u);
    ASSERT_TRUE(first.CarryUntil([&] { return first.client.Read() == "x"; }));  // behind the ticket
    TlsPair second({.version = version, .session = first.client.session()});
    ASSERT_TRUE(second.ShakeHands());
    EXPECT_TRUE(second.client.resumed());
  }
}

TEST(TlsStreamTest, NamesWhatIsNoTls) {
  const struct {
    std::string_view bytes;
    const char* failure;
  } kRows[] = {{"GET / HTTP/1.1\r\n\r\n", "http request"},
               {"PROXY TCP4 1.2.3.4 5.6.7.8 9 10\r\n", "wrong version number"},
               {std::string_view("\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c", 16), "wrong version number"}};
  for (const auto& row : kRows) {
    TlsPair pair;
    pair.Send(row.bytes);
    Handshake result = Handshake::kPending;
    ASSERT_TRUE(RunUntil(pair.loop.get(), [&] { return (result = pair.socket.Handshake()) != Handshake::kPending; }));
    EXPECT_EQ(result, Handshake::kFailed);
    EXPECT_STREQ(pair.socket.tls().failure(), row.failure);
    EXPECT_TRUE(pair.socket.tls().received_any());
  }
}

TEST(TlsStreamTest, APeerThatLeavesInTheHandshakeIsNamedSo) {
  TlsPair silent;
  silent.CloseTheirs();
  Handshake result = Handshake::kPending;
  ASSERT_TRUE(RunUntil(silent.loop.get(), [&] { return (result = silent.socket.Handshake()) != Handshake::kPending; }));
  EXPECT_EQ(result, Handshake::kFailed);
  EXPECT_FALSE(silent.socket.tls().received_any());
  TlsPair half;
  half.client.Shake();
  half.Send(half.client.TakeOutput().substr(0, 50));
  half.CloseTheirs();
  result = Handshake::kPending;
  ASSERT_TRUE(RunUntil(half.loop.get(), [&] { return (result = half.socket.Handshake()) != Handshake::kPending; }));
  EXPECT_STREQ(half.socket.tls().failure(), "connection closed");
  EXPECT_TRUE(half.socket.tls().received_any());
}

// The first request comes in one segment with the client's last bytes of the handshake: no edge will tell of it.
TEST(TlsStreamTest, BytesBehindTheHandshakeAreReadableAtOnce) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    TlsPair pair({.version = version});
    Handshake result = Handshake::kPending;
    ASSERT_TRUE(pair.CarryUntil([&] {
      if (pair.client.Shake() && version == TLS1_3_VERSION) pair.client.Write("hello");
      result = pair.socket.Handshake();
      return result == Handshake::kDone;
    }));
    if (version == TLS1_2_VERSION) continue;  // its last word is the server's
    EXPECT_TRUE(pair.socket.readable());
    std::string got;
    pair.ReadAll(&got);
    EXPECT_EQ(got.substr(0, 5), "hello");
  }
}

// Many records in one segment make one edge: all of them must be readable, however small the reads.
TEST(TlsStreamTest, ManyRecordsInOneSegmentAreAllReadWithoutAnotherEdge) {
  for (const std::size_t buffer_size : {1, 7, 100, 64 * 1024}) {
    TlsPair pair({}, MakeUnixPair());  // which has all of it at once
    ASSERT_TRUE(pair.ShakeHands());
    std::string sent;
    for (int i = 0; i < 200; ++i) {
      const std::string record = "record " + std::to_string(i) + "\n";
      pair.client.Write(record);
      sent += record;
    }
    const int calls = pair.calls;
    pair.Send(pair.client.TakeOutput());
    ASSERT_TRUE(RunUntil(pair.loop.get(), [&] { return pair.calls > calls; }));
    std::string got;
    pair.ReadAll(&got, buffer_size);
    EXPECT_EQ(got, sent) << buffer_size;
    EXPECT_FALSE(pair.socket.readable());
  }
}

TEST(TlsStreamTest, HalfARecordIsNotReadableAndTheRestMakesItSo) {
  TlsPair pair;
  ASSERT_TRUE(pair.ShakeHands());
  pair.client.Write("first");
  const std::size_t first = pair.client.TakeOutput().size();
  for (const std::size_t more : {1, 4, 5, 6, 20}) {  // around the end of a record's header
    TlsPair again;
    ASSERT_TRUE(again.ShakeHands());
    again.client.Write("first");
    again.client.Write("second");
    const std::string records = again.client.TakeOutput();
    again.Send(std::string_view(records).substr(0, first + more));
    std::string got;
    ASSERT_TRUE(RunUntil(again.loop.get(), [&] {
      again.ReadAll(&got);
      return got == "first";
    }));
    EXPECT_FALSE(again.socket.readable());
    again.Send(std::string_view(records).substr(first + more));
    ASSERT_TRUE(RunUntil(again.loop.get(), [&] {
      again.ReadAll(&got);
      return got == "firstsecond";
    }));
  }
}

TEST(TlsStreamTest, RecordsOfTlsItselfDoNotHideTheDataBehindThem) {
  TlsPair pair({.version = TLS1_3_VERSION});
  ASSERT_TRUE(pair.ShakeHands());
  for (int i = 0; i < 20; ++i) {
    pair.client.UpdateKeys();
    pair.client.Write("x");
  }
  std::string got;
  ASSERT_TRUE(pair.CarryUntil([&] {
    pair.ReadAll(&got);
    return got.size() == 20;
  }));
  // Our own side answers with new keys, in the next write.
  EXPECT_EQ(pair.socket.Write("hello", 5).bytes, 5u);
  std::string answer;
  ASSERT_TRUE(pair.CarryUntil([&] {
    answer += pair.client.Read();
    return answer == "hello";
  }));
}

TEST(TlsStreamTest, AFullSocketTakesTheRestLater) {
  SocketPair sockets = MakeTcpPair();
  ShrinkBuffers(sockets);
  TlsPair pair({}, std::move(sockets));
  ASSERT_TRUE(pair.ShakeHands());
  std::string sent(1'000'000, '\0');
  for (std::size_t i = 0; i < sent.size(); ++i) sent[i] = static_cast<char>(i * 131 + i / 251);
  std::size_t written = 0;
  const auto write = [&] {
    while (written < sent.size() && pair.socket.writable()) {
      // At another address each time, as in a queue that moves its bytes.
      const std::string rest = sent.substr(written);
      const IoResult result = pair.socket.Write(rest.data(), rest.size());
      ASSERT_NE(result.kind, Kind::kFailed);
      EXPECT_EQ(result.bytes < rest.size(), !pair.socket.writable());
      written += result.bytes;
    }
  };
  write();
  EXPECT_LT(written, sent.size());
  std::string got;
  ASSERT_TRUE(pair.CarryUntil([&] {
    write();
    got += pair.client.Read();
    return got.size() == sent.size();
  }));
  EXPECT_EQ(got, sent);
}

TEST(TlsStreamTest, WritesPartsInOrder) {
  TlsPair pair;
  ASSERT_TRUE(pair.ShakeHands());
  std::string one = "one ", two = "two ", none, three = "three";
  const iovec parts[] = {{one.data(), one.size()}, {two.data(), two.size()}, {none.data(), 0}, {three.data(), 5}};
  EXPECT_EQ(pair.socket.Write(parts, 4).bytes, 13u);
  std::string got;
  ASSERT_TRUE(pair.CarryUntil([&] {
    got += pair.client.Read();
    return got.size() == 13;
  }));
  EXPECT_EQ(got, "one two three");
}

TEST(TlsStreamTest, ShutdownWriteSaysCloseNotifyAndThenFin) {
  TlsPair pair;
  ASSERT_TRUE(pair.ShakeHands());
  EXPECT_EQ(pair.socket.Write("last", 4).bytes, 4u);
  pair.socket.ShutdownWrite();
  std::string got;
  ASSERT_TRUE(pair.CarryUntil([&] {
    got += pair.client.Read();
    return pair.fin_came;
  }));
  EXPECT_EQ(got, "last");
  EXPECT_TRUE(pair.client.ended());
  // The other way stays open.
  pair.client.Write("still here");
  std::string back;
  ASSERT_TRUE(pair.CarryUntil([&] {
    pair.ReadAll(&back);
    return back == "still here";
  }));
}

TEST(TlsStreamTest, BothAFinAndACloseNotifyAreTheEnd) {
  for (const bool polite : {true, false}) {
    TlsPair pair;
    ASSERT_TRUE(pair.ShakeHands());
    pair.client.Write("last");
    if (polite) pair.client.SendCloseNotify();
    pair.Send(pair.client.TakeOutput());
    if (!polite) pair.SendFin();
    std::string got;
    Kind last = Kind::kWouldBlock;
    ASSERT_TRUE(RunUntil(pair.loop.get(), [&] {
      if (pair.socket.readable()) last = pair.ReadAll(&got);
      return last == Kind::kEnd;
    }));
    EXPECT_EQ(got, "last");
    EXPECT_TRUE(pair.socket.peer_closed());
  }
}

TEST(TlsStreamTest, BrokenRecordsFailTheConnection) {
  TlsPair pair;
  ASSERT_TRUE(pair.ShakeHands());
  pair.client.Write("hello");
  std::string bytes = pair.client.TakeOutput();
  bytes.back() = static_cast<char>(bytes.back() ^ 1);
  pair.Send(bytes);
  std::string got;
  Kind last = Kind::kWouldBlock;
  ASSERT_TRUE(RunUntil(pair.loop.get(), [&] {
    if (pair.socket.readable()) last = pair.ReadAll(&got);
    return last == Kind::kFailed;
  }));
  EXPECT_EQ(got, "");
  EXPECT_FALSE(pair.socket.readable());
}

}  // namespace
}  // namespace viaduct::net
