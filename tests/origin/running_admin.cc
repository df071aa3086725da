#include "tests/origin/running_admin.h"

#include <gtest/gtest.h>

namespace viaduct {

RunningAdmin::RunningAdmin(OriginConfig config) : chat_(config) {
  config.admin_unix_socket = *SocketAddress::Parse("unix:" + socket_.path());
  auto server = AdminServer::Start(config, &chat_.chat().control(), &chat_.chat().feed());
  EXPECT_TRUE(server.ok()) << server.status();
  if (server.ok()) server_ = *std::move(server);
  stub_ =
      admin::v1::ChatAdmin::NewStub(grpc::CreateChannel("unix:" + socket_.path(), grpc::InsecureChannelCredentials()));
}

RunningAdmin::~RunningAdmin() { Stop(); }

void RunningAdmin::Stop() {
  chat_.chat().feed().End();
  server_.reset();
}

}  // namespace viaduct
