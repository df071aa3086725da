#include "ops/admin/accept/admin_call_notes.h"

#include <grpcpp/grpcpp.h>

#include <utility>

namespace viaduct::ops {
namespace {

using Note = std::function<void(const std::string& peer, std::string_view method)>;

// Belongs to one call.
class CallNote final : public grpc::experimental::Interceptor {
 public:
  CallNote(grpc::experimental::ServerRpcInfo* info, const Note* note) : info_(info), note_(note) {}

 private:
  void Intercept(grpc::experimental::InterceptorBatchMethods* methods) override {
    if (methods->QueryInterceptionHookPoint(grpc::experimental::InterceptionHookPoints::POST_RECV_INITIAL_METADATA)) {
      (*note_)(info_->server_context()->peer(), info_->method());
    }
    methods->Proceed();
  }

  grpc::experimental::ServerRpcInfo* const info_;
  const Note* const note_;
};

class CallNotes final : public grpc::experimental::ServerInterceptorFactoryInterface {
 public:
  explicit CallNotes(Note note) : note_(std::move(note)) {}

 private:
  // gRPC deletes it with the call.
  grpc::experimental::Interceptor* CreateServerInterceptor(grpc::experimental::ServerRpcInfo* info) override {
    return new CallNote(info, &note_);
  }

  const Note note_;
};

}  // namespace

std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface> NoteCalls(Note note) {
  return std::make_unique<CallNotes>(std::move(note));
}

}  // namespace viaduct::ops
