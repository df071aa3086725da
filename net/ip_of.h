#pragma once

#include "ip/ip_address.h"
#include "net/address.h"

namespace viaduct::net {

// The IP address of a TCP socket's address, as the filter judges it.
ip::IpAddress IpOf(const SocketAddress& address);

}  // namespace viaduct::net
