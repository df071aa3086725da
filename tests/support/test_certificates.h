#pragma once

#include <chrono>
#include <string>

namespace viaduct {

// A certificate and its private key, as PEM.
struct TestIdentity {
  std::string certificate;
  std::string private_key;
};

// A certificate authority of its own, valid for an hour: for tests that need TLS.
//
// Not thread-safe.
class TestAuthority {
 public:
  explicit TestAuthority(const std::string& name);
  ~TestAuthority();
  TestAuthority(const TestAuthority&) = delete;
  TestAuthority& operator=(const TestAuthority&) = delete;

  // Its own certificate.
  const std::string& certificate() const { return certificate_; }
  struct Options {
    int rsa_bits = 0;                      // 0: an elliptic curve key
    std::chrono::seconds valid_for{3600};  // from now; it began a minute ago
  };
  // For a server or client called `name`, at "localhost" and 127.0.0.1.
  TestIdentity Issue(const std::string& name) const { return Issue(name, Options()); }
  TestIdentity Issue(const std::string& name, const Options& options) const;

 private:
  struct Keys;

  Keys* keys_;
  std::string certificate_;
};

}  // namespace viaduct
