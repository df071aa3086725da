#include "tests/ctl/chat/fake_chat.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <string_view>
#include <thread>

#include "absl/strings/str_cat.h"

namespace viaduct::ctl {
namespace {

void AwaitCancellation(grpc::ServerContext* context) {
  while (!context->IsCancelled()) std::this_thread::sleep_for(std::chrono::milliseconds(5));
}

template <typename Request, typename Response>
void AddUnanswered(const ChatScript& script, const Request& request, Response* response) {
  if (request.scope() != admin::v1::CLUSTER) return;
  for (const admin::v1::UnansweredTask& task : script.unanswered) *response->add_unanswered() = task;
}

}  // namespace

FakeChat::FakeChat(ChatScript script, const std::string& address,
                   const std::shared_ptr<grpc::ServerCredentials>& credentials)
    : script_(std::move(script)) {
  grpc::EnableDefaultHealthCheckService(true);
  int port = 0;
  grpc::ServerBuilder builder;
  builder.AddListeningPort(address, credentials, &port).RegisterService(this);
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  server_ = builder.BuildAndStart();
  if (server_ == nullptr) std::abort();
  server_->GetHealthCheckService()->SetServingStatus(script_.healthy);
  endpoint_ = address.starts_with("unix:") ? address : absl::StrCat("127.0.0.1:", port);
}

FakeChat::~FakeChat() { Stop(); }

void FakeChat::Stop() { server_->Shutdown(std::chrono::system_clock::now()); }

std::vector<std::string> FakeChat::requests() const {
  const absl::MutexLock lock(&mutex_);
  return requests_;
}

grpc::Status FakeChat::Admit(grpc::ServerContext* context, const char* method,
                             const google::protobuf::Message& request) {
  {
    const absl::MutexLock lock(&mutex_);
    requests_.push_back(absl::StrCat(method, "{", request.ShortDebugString(), "}"));
  }
  if (script_.silent) AwaitCancellation(context);
  const auto found = context->client_metadata().find("authorization");
  const bool found_any = found != context->client_metadata().end();
  const std::string credential = found_any ? std::string(found->second.data(), found->second.size()) : "";
  if (!script_.token.empty() && credential != absl::StrCat("Bearer ", script_.token)) {
    return {grpc::StatusCode::UNAUTHENTICATED, "no valid credential"};
  }
  return script_.status;
}

grpc::Status FakeChat::ListConnections(grpc::ServerContext* context, const admin::v1::ListConnectionsRequest* request,
                                       admin::v1::ListConnectionsResponse* response) {
  const grpc::Status admitted = Admit(context, "ListConnections", *request);
  if (!admitted.ok()) return admitted;
  const std::size_t first = request->page_token().empty() ? 0 : std::stoul(request->page_token());
  const std::size_t end = std::min(first + static_cast<std::size_t>(request->page_size()), script_.connections.size());
  for (std::size_t i = first; i < end; ++i) *response->add_connections() = script_.connections[i];
  if (end < script_.connections.size()) response->set_next_page_token(std::to_string(end));
  response->set_total_size(static_cast<int>(script_.connections.size()));
  AddUnanswered(script_, *request, response);
  return grpc::Status::OK;
}

grpc::Status FakeChat::GetConnection(grpc::ServerContext* context, const admin::v1::GetConnectionRequest* request,
                                     admin::v1::Connection* response) {
  const grpc::Status admitted = Admit(context, "GetConnection", *request);
  if (!admitted.ok()) return admitted;
  const admin::v1::Connection* connection = Find(request->name());
  if (connection == nullptr) return {grpc::StatusCode::NOT_FOUND, request->name()};
  *response = *connection;
  return grpc::Status::OK;
}

grpc::Status FakeChat::SendMessage(grpc::ServerContext* context, const admin::v1::SendMessageRequest* request,
                                   admin::v1::SendMessageResponse*) {
  const grpc::Status admitted = Admit(context, "SendMessage", *request);
  if (!admitted.ok()) return admitted;
  return Find(request->name()) == nullptr ? grpc::Status(grpc::StatusCode::NOT_FOUND, request->name())
                                          : grpc::Status::OK;
}

grpc::Status FakeChat::CloseConnection(grpc::ServerContext* context, const admin::v1::CloseConnectionRequest* request,
                                       admin::v1::CloseConnectionResponse*) {
  const grpc::Status admitted = Admit(context, "CloseConnection", *request);
  if (!admitted.ok()) return admitted;
  return Find(request->name()) == nullptr ? grpc::Status(grpc::StatusCode::NOT_FOUND, request->name())
                                          : grpc::Status::OK;
}

grpc::Status FakeChat::Broadcast(grpc::ServerContext* context, const admin::v1::BroadcastRequest* request,
                                 admin::v1::BroadcastResponse* response) {
  response->set_recipient_count(static_cast<int>(script_.connections.size()));
  AddUnanswered(script_, *request, response);
  return Admit(context, "Broadcast", *request);
}

grpc::Status FakeChat::WatchEvents(grpc::ServerContext* context, const admin::v1::WatchEventsRequest* request,
                                   grpc::ServerWriter<admin::v1::WatchEventsResponse>* writer) {
  const grpc::Status admitted = Admit(context, "WatchEvents", *request);
  if (!admitted.ok()) return admitted;
  admin::v1::WatchEventsResponse started;
  started.mutable_started();
  writer->Write(started);
  std::this_thread::sleep_for(script_.updates_after);
  for (const admin::v1::WatchEventsResponse& update : script_.updates) writer->Write(update);
  if (script_.watch_end) return *script_.watch_end;
  AwaitCancellation(context);
  return grpc::Status::CANCELLED;
}

grpc::Status FakeChat::GetStats(grpc::ServerContext* context, const admin::v1::GetStatsRequest* request,
                                admin::v1::GetStatsResponse* response) {
  const grpc::Status admitted = Admit(context, "GetStats", *request);
  if (!admitted.ok() || script_.stats.empty()) return admitted;
  const absl::MutexLock lock(&mutex_);
  *response = script_.stats[std::min(stats_calls_++, script_.stats.size() - 1)];
  AddUnanswered(script_, *request, response);
  return grpc::Status::OK;
}

grpc::Status FakeChat::CloseConnections(grpc::ServerContext* context, const admin::v1::CloseConnectionsRequest* request,
                                        admin::v1::CloseConnectionsResponse* response) {
  response->set_count(script_.closes);
  AddUnanswered(script_, *request, response);
  return Admit(context, "CloseConnections", *request);
}

grpc::Status FakeChat::GetSettings(grpc::ServerContext* context, const admin::v1::GetSettingsRequest* request,
                                   admin::v1::Settings* response) {
  *response = script_.settings;
  return Admit(context, "GetSettings", *request);
}

grpc::Status FakeChat::UpdateSettings(grpc::ServerContext* context, const admin::v1::UpdateSettingsRequest* request,
                                      admin::v1::Settings* response) {
  *response = request->settings();
  return Admit(context, "UpdateSettings", *request);
}

grpc::Status FakeChat::Drain(grpc::ServerContext* context, const admin::v1::DrainChatRequest* request,
                             admin::v1::Drain* response) {
  if (!script_.drains.empty()) *response = script_.drains.front();
  return Admit(context, "Drain", *request);
}

grpc::Status FakeChat::CancelDrain(grpc::ServerContext* context, const admin::v1::CancelDrainRequest* request,
                                   admin::v1::Drain* response) {
  if (!script_.drains.empty()) *response = script_.drains.front();
  return Admit(context, "CancelDrain", *request);
}

grpc::Status FakeChat::GetDrain(grpc::ServerContext* context, const admin::v1::GetDrainRequest* request,
                                admin::v1::Drain* response) {
  const grpc::Status admitted = Admit(context, "GetDrain", *request);
  if (!admitted.ok() || script_.drains.empty()) return admitted;
  const absl::MutexLock lock(&mutex_);
  *response = script_.drains[std::min(drain_calls_++, script_.drains.size() - 1)];
  return grpc::Status::OK;
}

const admin::v1::Connection* FakeChat::Find(const std::string& name) const {
  for (const admin::v1::Connection& connection : script_.connections) {
    if (connection.name() == name) return &connection;
  }
  return nullptr;
}

admin::v1::Connection MakeConnection(const std::string& id, std::chrono::seconds age) {
  const auto opened = std::chrono::system_clock::now() - age;
  admin::v1::Connection connection;
  connection.set_name(absl::StrCat("connections/", id));
  connection.mutable_connect_time()->set_seconds(std::chrono::system_clock::to_time_t(opened));
  return connection;
}

void EnterTestDirectory() {
  if (chdir(std::getenv("TEST_TMPDIR")) != 0) std::abort();
}

}  // namespace viaduct::ctl
