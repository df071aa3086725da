#pragma once

#include <string_view>

namespace viaduct::sidecar {

// Returns true if a CIDR prefix is shorter than /8, or /19 in IPv6: it contains more addresses than any private network
// or any prefix of CloudFront. False for what is no prefix.
bool IsWidePrefix(std::string_view text);

}  // namespace viaduct::sidecar
