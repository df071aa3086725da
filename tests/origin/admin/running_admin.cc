#include "tests/origin/admin/running_admin.h"

#include <gtest/gtest.h>

#include "net/address.h"
#include "ops/admin/admin_listener.h"

namespace viaduct::origin {

RunningAdmin::RunningAdmin(OriginConfig config)
    : chat_(config),
      logger_(chat_.log()),
      credentials_(config.admin, &logger_, &reloads_),
      audit_(&logger_, &credentials_),
      task_(&chat_.chat().control(), config.max_message_bytes, "this-task"),
      service_(&task_, nullptr, &chat_.chat().drain(), &chat_.chat().feed(), &audit_) {
  const ops::AdminListener listener{.unix_socket = *net::SocketAddress::Parse("unix:" + socket_.path()), .tcp = {}};
  auto server = ops::AdminServer::Start(listener, {{&service_, "viaduct.admin.v1.ChatAdmin"}}, config.max_message_bytes,
                                        &credentials_, nullptr);
  EXPECT_TRUE(server.ok()) << server.status();
  if (server.ok()) server_ = *std::move(server);
  chat_.chat().drain().Observe([this](bool serving) { server_->SetServing(serving); });
  stub_ =
      admin::v1::ChatAdmin::NewStub(grpc::CreateChannel("unix:" + socket_.path(), grpc::InsecureChannelCredentials()));
}

RunningAdmin::~RunningAdmin() { Stop(); }

void RunningAdmin::Stop() {
  chat_.chat().feed().End();
  chat_.chat().drain().Observe(nullptr);
  server_.reset();
}

}  // namespace viaduct::origin
