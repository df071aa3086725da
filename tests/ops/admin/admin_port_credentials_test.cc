#include "ops/admin/admin_port_credentials.h"

#include <gtest/gtest.h>

namespace viaduct::ops {
namespace {

TEST(AdminPortCredentialsTest, OnlyHealthMayNeedNoToken) {
  AdminTcpConfig tcp;
  for (const char* health : {"/grpc.health.v1.Health/Check", "/grpc.health.v1.Health/Watch"}) {
    tcp.health_needs_token = false;
    EXPECT_TRUE(NeedsNoToken(tcp, health));
    tcp.health_needs_token = true;
    EXPECT_FALSE(NeedsNoToken(tcp, health));
  }
  tcp.health_needs_token = false;
  for (const char* other : {"", "/", "/viaduct.admin.v1.ChatAdmin/GetStats", "/grpc.health.v1.HealthX/Check",
                            "grpc.health.v1.Health/Check", "/grpc.channelz.v1.Channelz/GetServers"}) {
    EXPECT_FALSE(NeedsNoToken(tcp, other)) << other;
  }
}

}  // namespace
}  // namespace viaduct::ops
