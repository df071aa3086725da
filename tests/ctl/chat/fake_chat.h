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

// What a FakeChat answers. Set before it starts; it does not change.
struct ChatScript {
  std::vector<admin::v1::Connection> connections;
  // Answers of GetStats one after the other; the last one is repeated.
  std::vector<admin::v1::GetStatsResponse> stats;
  // The same of GetDrain; Drain and CancelDrain answer the first.
  std::vector<admin::v1::Drain> drains;
  // Of GetSettings; UpdateSettings answers what it was sent.
  admin::v1::Settings settings;
  // How many CloseConnections finds.
  int closes = 0;
  // What lists, counts, broadcasts and closes of all tasks lack.
  std::vector<admin::v1::UnansweredTask> unanswered;
  // What a watch is sent, after Started.
  std::vector<admin::v1::WatchEventsResponse> updates;
  // How long after Started.
  std::chrono::milliseconds updates_after{0};
  // How a watch ends after them; by default it stays open until the caller has gone.
  std::optional<grpc::Status> watch_end;
  // If not OK, what every call of ChatAdmin answers.
  grpc::Status status;
  // Callers must send "authorization: Bearer {token}"; empty: nobody is asked.
  std::string token;
  bool healthy = true;
  // Calls are held until their deadline or cancellation.
  bool silent = false;
};

// The chat's admin API without a chat: answers by its script and keeps what it was asked. Shuts down with its end.
class FakeChat final : public admin::v1::ChatAdmin::Service {
 public:
  // Listens on `address`, "unix:PATH" or "127.0.0.1:0".
  explicit FakeChat(ChatScript script, const std::string& address = "unix:chat.sock",
                    const std::shared_ptr<grpc::ServerCredentials>& credentials = grpc::InsecureServerCredentials());
  ~FakeChat() override;

  // As --endpoint takes it.
  const std::string& endpoint() const { return endpoint_; }

  // "Method{request in protobuf's short text form}" of each call, in their order.
  std::vector<std::string> requests() const;

  // Ends as a chat that is killed does: calls under way are cut.
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

// A connection whose id is `id` and that was opened `age` ago.
admin::v1::Connection MakeConnection(const std::string& id, std::chrono::seconds age);

// Makes the test's own directory the current one, so that Unix sockets there have short names. Call it first.
void EnterTestDirectory();

}  // namespace viaduct::ctl
