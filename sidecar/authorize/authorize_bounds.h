#pragma once

#include <cstddef>

namespace viaduct::sidecar {

// The connections of asking proxies that may be open: in HTTP for each worker, and in gRPC.
inline constexpr std::size_t kMaxHttpProxies = 256;
inline constexpr std::size_t kMaxGrpcProxies = 128;

// The descriptors that these may use. gRPC has two for each connection, and those of its listener and event loops.
inline constexpr std::size_t kMaxHttpProxyDescriptors = kMaxHttpProxies + 1;
inline constexpr std::size_t kMaxGrpcProxyDescriptors = 2 * kMaxGrpcProxies + 16;

}  // namespace viaduct::sidecar
