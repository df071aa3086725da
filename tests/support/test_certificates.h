#pragma once

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
  // For a server or client called `name`, at "localhost" and 127.0.0.1.
  TestIdentity Issue(const std::string& name) const;

 private:
  struct Keys;

  Keys* keys_;
  std::string certificate_;
};

}  // namespace viaduct
