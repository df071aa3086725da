#include "filter/envoy_module/vpc_origin_filter.h"

#include <array>
#include <span>
#include <string>

#include "filter/evaluate.h"
#include "filter/request_view.h"
#include "filter/trusted_fields.h"
#include "http/field.h"
#include "ip/ip_address.h"
#include "text/ascii.h"
#include "text/concat.h"

namespace viaduct::filter {
namespace {

constexpr std::uint32_t kForbidden = 403;
constexpr std::string_view kForbiddenBody = "forbidden\n";

constexpr std::string_view kHiddenPeer =
    "requests are denied, since this Envoy does not show the TCP peer to modules: set use_remote_address: true and "
    "skip_xff_append: true in the connection manager, leave xff_num_trusted_hops and original_ip_detection_extensions "
    "out, or use Envoy 1.40";
constexpr std::string_view kAppendedPeer =
    "Envoy has added the connection's own address to X-Forwarded-For, where the last member must be the balancer's or "
    "CloudFront's: set skip_xff_append: true in the connection manager";

// Returns true if the proxy will open a tunnel for the request: the rule of Envoy, which looks at no more.
bool IsUpgrade(std::span<const http::Field> fields) {
  bool names_upgrade = false;
  bool has_protocol = false;
  for (const http::Field& field : fields) {
    if (field.known == http::FieldName::kUpgrade) has_protocol = has_protocol || !field.value.empty();
    if (field.known == http::FieldName::kConnection) {
      names_upgrade = names_upgrade || http::ListHasToken(field.value, "upgrade");
    }
  }
  return names_upgrade && has_protocol;
}

// An address as text, without heap memory.
class AddressText {
 public:
  explicit AddressText(const ip::IpAddress& address) : size_(address.Format(text_.data())) {}
  std::string_view view() const { return {text_.data(), size_}; }

 private:
  std::array<char, ip::IpAddress::kMaxTextSize> text_;
  std::size_t size_;
};

}  // namespace

bool VpcOriginFilter::OnRequestHeaders(StreamHost& host) const {
  const std::optional<ConnectionFacts> seen = FactsOf(host);
  if (!seen && !said_hidden_.exchange(true)) host.Log(LogLevel::kError, kHiddenPeer);
  if (!seen && NeedsPeer()) {
    host.SetMetadata("reason", kPeerNotVisible);
    return Deny(kPeerNotVisible, host);
  }
  const ConnectionFacts connection = seen.value_or(ConnectionFacts{});
  const std::span<const http::Field> fields = host.Fields();
  const RequestView request{.method = {}, .target = {}, .fields = fields, .is_upgrade = IsUpgrade(fields)};
  Verdict verdict = Evaluate(*policy_, request, connection);
  if (!seen || ProxyAppendedPeer(connection, verdict, host)) verdict.viewer.reset();
  WriteMetadata(verdict, host);
  for (const DenyReason reason : kDenyReasons) {
    if (verdict.would_deny.Has(reason)) host.CountWouldDeny(kDenyReasons.Name(reason));
  }
  if (!verdict.allowed) return Deny(kDenyReasons.Name(verdict.reason), host);
  host.CountAllowed();
  ChangeFields(fields, verdict.viewer, host);
  return true;
}

std::optional<ConnectionFacts> VpcOriginFilter::FactsOf(StreamHost& host) const {
  const HostAddress peer = host.TellsDirectPeer() ? host.DirectPeer() : host.Client();
  const std::optional<ip::IpAddress> peer_address = ip::ParseAddressMaybePort(peer.address);
  if (!peer_address || peer.port == 0) return std::nullopt;
  ConnectionFacts connection{.peer = *peer_address};
  if (!policy_->ReadsProxyHeader(connection.peer)) return connection;
  // Envoy reads the PROXY header, and shows its source as the client. Without a source, both are the same.
  const HostAddress client = host.Client();
  const std::optional<ip::IpAddress> source = ip::ParseAddressMaybePort(client.address);
  if (!source || client.port == 0) return std::nullopt;
  if (*source == connection.peer && client.port == peer.port) return connection;
  connection.proxy_header = ProxyHeader::kSource;
  connection.proxy_source = *source;
  return connection;
}

bool VpcOriginFilter::NeedsPeer() const {
  const CheckEnforcements& enforcements = policy_->enforcements();
  const bool direct = policy_->mode() == EdgeMode::kDirect;
  return (direct ? enforcements.edge_range : enforcements.trusted_peer) == Enforcement::kEnforce;
}

bool VpcOriginFilter::ProxyAppendedPeer(const ConnectionFacts& connection, const Verdict& verdict,
                                        StreamHost& host) const {
  // Behind an ALB the member that should be the edge is then the balancer's node; otherwise the one that should be the
  // viewer is the edge itself, which is no viewer.
  const bool appended = policy_->mode() == EdgeMode::kAlb ? !verdict.allowed && verdict.edge == connection.peer
                                                          : verdict.viewer == verdict.edge;
  if (appended && !said_appended_.exchange(true)) host.Log(LogLevel::kError, kAppendedPeer);
  return appended;
}

bool VpcOriginFilter::Deny(std::string_view reason, StreamHost& host) const {
  host.CountDenied(reason);
  host.Reply(kForbidden, kForbiddenBody, text::Concat("vpc_origin_denied{", reason, "}"));
  return false;
}

void VpcOriginFilter::WriteMetadata(const Verdict& verdict, StreamHost& host) const {
  if (!verdict.allowed) host.SetMetadata("reason", kDenyReasons.Name(verdict.reason));
  if (!verdict.would_deny.empty()) host.SetMetadata("would_deny", NamesOf(verdict.would_deny));
  if (verdict.viewer) host.SetMetadata("viewer", AddressText(*verdict.viewer).view());
  if (verdict.edge != ip::IpAddress()) host.SetMetadata("edge", AddressText(verdict.edge).view());
  if (verdict.secret_generation) {
    host.SetMetadata("secret_generation", policy_->secret().NameOf(*verdict.secret_generation));
  }
}

void VpcOriginFilter::ChangeFields(std::span<const http::Field> fields, const std::optional<ip::IpAddress>& viewer,
                                   StreamHost& host) const {
  const std::string_view secret = policy_->secret().header();
  bool has_secret = false;
  bool has_viewer = false;
  for (const http::Field& field : fields) {
    has_viewer = has_viewer || field.known == http::FieldName::kXViaductViewerAddress;
    has_secret = has_secret || (field.name.size() == secret.size() && text::EqualsIgnoreCase(field.name, secret));
  }
  if (has_secret) host.RemoveField(secret);
  if (has_viewer) host.RemoveField(kViewerAddressField);
  if (viewer) host.AddField(kViewerAddressField, AddressText(*viewer).view());
}

}  // namespace viaduct::filter
