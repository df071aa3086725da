#pragma once

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "api/admin/v1/chat_admin.grpc.pb.h"

namespace viaduct::ctl {

// The answers of a FakeChat. Set before it starts; they do not change.
struct ChatScript {
  std::vector<admin::v1::Connection> connections;
  // The answers of GetStats, one after the other; the last one is repeated.
  std::vector<admin::v1::GetStatsResponse> stats;
  // The same for GetDrain; Drain and CancelDrain answer the first.
  std::vector<admin::v1::Drain> drains;
  // The answer of GetSettings; UpdateSettings answers with the request's settings.
  admin::v1::Settings settings;
  // The number of connections that CloseConnections finds.
  int closes = 0;
  // The tasks that are missing from lists, counts, broadcasts and closes of all tasks.
  std::vector<admin::v1::UnansweredTask> unanswered;
  // The updates of a watch, after Started.
  std::vector<admin::v1::WatchEventsResponse> updates;
  // The delay of the updates after Started.
  std::chrono::milliseconds updates_after{0};
  // The end of a watch after the updates; by default it stays open until the caller has gone.
  std::optional<grpc::Status> watch_end;
  // If not OK, the answer of every call of ChatAdmin.
  grpc::Status status;
  // Callers must send "authorization: Bearer {token}"; if it is empty, they need not.
  std::string token;
  bool healthy = true;
  // Calls are held until their deadline or cancellation.
  bool silent = false;
};

// The chat's admin API without a chat: answers by its script and records the requests. Shuts down on destruction.
class FakeChat final : public admin::v1::ChatAdmin::Service {
 public:
  // Listens on `address`, "unix:PATH" or "127.0.0.1:0".
  explicit FakeChat(ChatScript script, const std::string& address = "unix:chat.sock",
                    const std::shared_ptr<grpc::ServerCredentials>& credentials = grpc::InsecureServerCredentials());
  ~FakeChat() override;

  // The address for --endpoint.
  const std::string& endpoint() const { return endpoint_; }

  // Returns "Method{request in protobuf's short text form}" for each call, in order.
  std::vector<std::string> requests() const;

  // Ends like a chat that is killed: calls under way are cut.
  void Stop();

 private:
  grpc::Status Admit(grpc::ServerContext* context, const char* method, const google::protobuf::Message& request);

  grpc::Status ListConnections(grpc::ServerContext* context, const admin::v1::ListConnectionsRequest* request,
                               admin::v1::ListConnectionsResponse* response) override;
  grpc::Status GetConnection(grpc::ServerContext* context, const admin::v1::GetConnectionRequest* request,
                             admin::v1::Connection* response) override;
  grpc::Status SendMessage(grpc::ServerContext* context, const admin::v1::SendMessageRequest* request,
                           admin::v1::SendMessageResponse* response) override;
  grpc::Status CloseConnection(grpc::ServerContext* context, const admin::v1::CloseConnectionRequest* request,
                               admin::v1::CloseConnectionResponse* response) override;
  grpc::Status Broadcast(grpc::ServerContext* context, const admin::v1::BroadcastRequest* request,
                         admin::v1::BroadcastResponse* response) override;
  grpc::Status WatchEvents(grpc::ServerContext* context, const admin::v1::WatchEventsRequest* request,
                           grpc::ServerWriter<admin::v1::WatchEventsResponse>* writer) override;
  grpc::Status GetStats(grpc::ServerContext* context, const admin::v1::GetStatsRequest* request,
                        admin::v1::GetStatsResponse* response) override;

  grpc::Status CloseConnections(grpc::ServerContext* context, const admin::v1::CloseConnectionsRequest* request,
                                admin::v1::CloseConnectionsResponse* response) override;
  grpc::Status GetSettings(grpc::ServerContext* context, const admin::v1::GetSettingsRequest* request,
                           admin::v1::Settings* response) override;
  grpc::Status UpdateSettings(grpc::ServerContext* context, const admin::v1::UpdateSettingsRequest* request,
                              admin::v1::Settings* response) override;
  grpc::Status Drain(grpc::ServerContext* context, const admin::v1::DrainChatRequest* request,
                     admin::v1::Drain* response) override;
  grpc::Status CancelDrain(grpc::ServerContext* context, const admin::v1::CancelDrainRequest* request,
                           admin::v1::Drain* response) override;
  grpc::Status GetDrain(grpc::ServerContext* context, const admin::v1::GetDrainRequest* request,
                        admin::v1::Drain* response) override;

  const admin::v1::Connection* Find(const std::string& name) const;

  const ChatScript script_;
  std::string endpoint_;
  std::unique_ptr<grpc::Server> server_;
  mutable absl::Mutex mutex_;
  std::vector<std::string> requests_ ABSL_GUARDED_BY(mutex_);
  std::size_t stats_calls_ ABSL_GUARDED_BY(mutex_) = 0;
  std::size_t drain_calls_ ABSL_GUARDED_BY(mutex_) = 0;
};

// Returns a connection whose id is `id` and that was opened `age` ago.
admin::v1::Connection MakeConnection(const std::string& id, std::chrono::seconds age);

// Makes the test's own directory the current one, so that Unix sockets there have short names. Call it first.
void EnterTestDirectory();

}  // namespace viaduct::ctl
