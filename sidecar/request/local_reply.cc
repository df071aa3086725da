#include "sidecar/request/local_reply.h"

#include "absl/strings/str_cat.h"
#include "text/string_view.h"

namespace viaduct::sidecar {
namespace {

constexpr LocalReply kBadRequest{400, "Bad Request", "", "bad request\n"};
constexpr LocalReply kForbidden{403, "Forbidden", "", "forbidden\n"};
constexpr LocalReply kNotFound{404, "Not Found", "", "not found\n"};
constexpr LocalReply kMethodNotAllowed{405, "Method Not Allowed",
                                       "Allow: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS, QUERY\r\n",
                                       "method not allowed\n"};
constexpr LocalReply kRequestTimeout{408, "Request Timeout", "", "request timeout\n"};
constexpr LocalReply kTargetTooLong{414, "URI Too Long", "", "URI too long\n"};
constexpr LocalReply kExpectationFailed{417, "Expectation Failed", "", "expectation failed\n"};
constexpr LocalReply kUpgradeRequired{426, "Upgrade Required", "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n",
                                      "WebSocket version 13 required\n", true};
constexpr LocalReply kHeadTooLarge{431, "Request Header Fields Too Large", "", "request header fields too large\n"};
constexpr LocalReply kTooManyRequests{429, "Too Many Requests", "Retry-After: 1\r\n", "too many requests\n"};
constexpr LocalReply kNotImplemented{501, "Not Implemented", "", "method not implemented\n"};
constexpr LocalReply kBadGateway{502, "Bad Gateway", "", "bad gateway\n"};
constexpr LocalReply kUnavailable{503, "Service Unavailable", "Retry-After: 1\r\n", "service unavailable\n"};
constexpr LocalReply kGatewayTimeout{504, "Gateway Timeout", "", "gateway timeout\n"};
constexpr LocalReply kHealthy{200, "OK", "", "ok\n"};
constexpr LocalReply kDraining{503, "Service Unavailable", "", "draining\n"};
constexpr LocalReply kUpstreamDown{503, "Service Unavailable", "", "upstream down\n"};

}  // namespace

LocalReply LocalReplyFor(RequestEnd reason) {
  switch (reason) {
    case RequestEnd::kDenied:
    case RequestEnd::kUpgradeNotAllowed:
    case RequestEnd::kHttpNotAllowed:
      return kForbidden;
    case RequestEnd::kNoRoute:
      return kNotFound;
    case RequestEnd::kBadRequest:
    case RequestEnd::kBadRequestBody:
    case RequestEnd::kBadUpgrade:
      return kBadRequest;
    case RequestEnd::kBadWebSocketVersion:
      return kUpgradeRequired;
    case RequestEnd::kRequestHeadTimeout:
    case RequestEnd::kBodyTimeout:
    case RequestEnd::kBodyTooSlow:
      return kRequestTimeout;
    case RequestEnd::kTooManyViewerTunnels:
    case RequestEnd::kTooManyViewerRequests:
      return kTooManyRequests;
    case RequestEnd::kTooManySessions:
    case RequestEnd::kDraining:
    case RequestEnd::kCut:
      return kUnavailable;
    case RequestEnd::kUpstreamConnectTimeout:
    case RequestEnd::kUpstreamResponseTimeout:
    case RequestEnd::kUpgradeTimeout:
      return kGatewayTimeout;
    case RequestEnd::kUpstreamConnectFailed:
    case RequestEnd::kUpstreamReset:
    case RequestEnd::kBadUpstreamResponse:
    case RequestEnd::kBadUpstreamUpgrade:
      return kBadGateway;
    case RequestEnd::kCompleted:  // these are not answered here
    case RequestEnd::kHealthCheck:
    case RequestEnd::kTlsHandshakeFailed:
    case RequestEnd::kTlsHandshakeTimeout:
    case RequestEnd::kDownstreamDisconnect:
      break;
  }
  return kBadGateway;
}

LocalReply LocalReplyForHead(http::HeadError error) {
  switch (error) {
    case http::HeadError::kMethodRefused:
      return kMethodNotAllowed;
    case http::HeadError::kMethodTooLong:
      return kNotImplemented;
    case http::HeadError::kTargetTooLong:
      return kTargetTooLong;
    case http::HeadError::kTooLarge:
    case http::HeadError::kTooManyFields:
      return kHeadTooLarge;
    case http::HeadError::kBadExpect:
      return kExpectationFailed;
    default:
      return kBadRequest;
  }
}

LocalReply HealthReply(Health health) {
  switch (health) {
    case Health::kGood:
      break;
    case Health::kDraining:
      return kDraining;
    case Health::kUpstreamDown:
      return kUpstreamDown;
  }
  return kHealthy;
}

void AppendLocalReply(const LocalReply& reply, AfterReply after, bool head_request, std::string* out) {
  absl::StrAppend(out, "HTTP/1.1 ", reply.status, " ", text::ToAbsl(reply.phrase), "\r\nContent-Type: text/plain\r\n",
                  text::ToAbsl(reply.fields), "Content-Length: ", reply.body.size(), "\r\n");
  // A refused request may have unread bytes, which must never be taken for the next request.
  absl::StrAppend(out, "Connection: ", reply.names_upgrade ? "upgrade, " : "",
                  after == AfterReply::kClose ? "close\r\n\r\n" : "keep-alive\r\n\r\n");
  if (!head_request) absl::StrAppend(out, text::ToAbsl(reply.body));
}

}  // namespace viaduct::sidecar
