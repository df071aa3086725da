#pragma once

#include <string>

namespace viaduct::ctl {

// A self-signed certificate for 127.0.0.1 and its key, both PEM. It is its own authority.
struct TestCertificate {
  std::string certificate;
  std::string private_key;
};

// Makes a new one, valid from an hour ago for a day.
TestCertificate MakeTestCertificate();

}  // namespace viaduct::ctl
