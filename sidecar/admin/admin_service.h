#pragma once

#include "absl/status/status.h"
#include "api/admin/v1/sidecar_admin.grpc.pb.h"
#include "ops/admin/admin_audit.h"
#include "ops/admin/admin_credentials.h"
#include "ops/log/logger.h"
#include "sidecar/config/config_watch.h"
#include "sidecar/config/reload_record.h"
#include "sidecar/worker/server.h"

namespace viaduct::sidecar {

// Serves the gRPC admin API of a running sidecar (api/admin/v1/sidecar_admin.proto): checks requests, asks the server's
// controls, and answers. Holds no tunnel, so gRPC never reaches the workers.
//
// Thread-safe, as gRPC calls it from many threads. Everything that it is given must outlive it.
class SidecarAdminService final : public admin::v1::SidecarAdmin::Service {
 public:
  // `watch` reloads the server's settings and keeps `record`; `credentials` are reloaded with them. `logger` and
  // `audit` record what operators do.
  SidecarAdminService(Server* server, ConfigWatch* watch, const ReloadRecord* record,
                      ops::AdminCredentials* credentials, const ops::Logger* logger, const ops::AdminAudit* audit)
      : server_(server), watch_(watch), record_(record), credentials_(credentials), logger_(logger), audit_(audit) {}

  grpc::Status ListTunnels(grpc::ServerContext* context, const admin::v1::ListTunnelsRequest* request,
                           admin::v1::ListTunnelsResponse* response) override;
  grpc::Status GetTunnel(grpc::ServerContext* context, const admin::v1::GetTunnelRequest* request,
                         admin::v1::Tunnel* response) override;
  grpc::Status CloseTunnel(grpc::ServerContext* context, const admin::v1::CloseTunnelRequest* request,
                           admin::v1::CloseTunnelResponse* response) override;
  grpc::Status CloseTunnels(grpc::ServerContext* context, const admin::v1::CloseTunnelsRequest* request,
                            admin::v1::CloseTunnelsResponse* response) override;
  grpc::Status Drain(grpc::ServerContext* context, const admin::v1::DrainSidecarRequest* request,
                     admin::v1::Drain* response) override;
  grpc::Status CancelDrain(grpc::ServerContext* context, const admin::v1::CancelDrainRequest* request,
                           admin::v1::Drain* response) override;
  grpc::Status GetDrain(grpc::ServerContext* context, const admin::v1::GetDrainRequest* request,
                        admin::v1::Drain* response) override;
  grpc::Status Explain(grpc::ServerContext* context, const admin::v1::ExplainRequest* request,
                       admin::v1::Explanation* response) override;
  grpc::Status ListRecentEnds(grpc::ServerContext* context, const admin::v1::ListRecentEndsRequest* request,
                              admin::v1::ListRecentEndsResponse* response) override;
  grpc::Status GetLadder(grpc::ServerContext* context, const admin::v1::GetLadderRequest* request,
                         admin::v1::Ladder* response) override;
  grpc::Status GetPolicy(grpc::ServerContext* context, const admin::v1::GetPolicyRequest* request,
                         admin::v1::Policy* response) override;
  grpc::Status GetRanges(grpc::ServerContext* context, const admin::v1::GetRangesRequest* request,
                         admin::v1::Ranges* response) override;
  grpc::Status Reload(grpc::ServerContext* context, const admin::v1::ReloadRequest* request,
                      admin::v1::ReloadResponse* response) override;
  grpc::Status GetStats(grpc::ServerContext* context, const admin::v1::GetSidecarStatsRequest* request,
                        admin::v1::SidecarStats* response) override;

 private:
  grpc::Status EndTunnel(grpc::ServerContext* context, const admin::v1::CloseTunnelRequest& request);
  grpc::Status EndTunnels(grpc::ServerContext* context, const admin::v1::CloseTunnelsRequest& request,
                          admin::v1::CloseTunnelsResponse* response);
  grpc::Status EndDrain();
  absl::Status ReloadAll();

  Server* const server_;
  ConfigWatch* const watch_;
  const ReloadRecord* const record_;
  ops::AdminCredentials* const credentials_;
  const ops::Logger* const logger_;
  const ops::AdminAudit* const audit_;
};

}  // namespace viaduct::sidecar
