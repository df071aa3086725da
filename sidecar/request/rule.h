#pragma once

#include <string_view>
#include <vector>

#include "http/body_reader.h"
#include "http/head.h"
#include "net/proxy_protocol.h"
#include "sidecar/request/route_error.h"
#include "sidecar/request/upgrade.h"
#include "websocket/frame_error.h"

namespace viaduct::sidecar {

// The rule that a head, body, handshake, frame or PROXY header broke: `rule` in the log. It can only be a word of one
// of these closed lists, which stand in docs/operations.md too. A value.
class Rule {
 public:
  // No rule: `end` or the verdict's reason says enough.
  constexpr Rule() = default;
  explicit constexpr Rule(http::HeadError error) : word_(http::kHeadErrors.Name(error)) {}
  explicit constexpr Rule(http::BodyError error) : word_(http::kBodyErrors.Name(error)) {}
  explicit constexpr Rule(RouteError error) : word_(kRouteErrors.Name(error)) {}
  explicit constexpr Rule(UpgradeError error) : word_(kUpgradeErrors.Name(error)) {}
  explicit constexpr Rule(SwitchError error) : word_(kSwitchErrors.Name(error)) {}
  explicit constexpr Rule(websocket::FrameError error) : word_(websocket::kFrameErrors.Name(error)) {}
  explicit constexpr Rule(net::ProxyHeaderError error) : word_(net::kProxyHeaderErrors.Name(error)) {}

  // Lives for ever; empty if there is none.
  constexpr std::string_view word() const { return word_; }

  // Returns every possible word, each once.
  static std::vector<std::string_view> Words();

 private:
  std::string_view word_;
};

}  // namespace viaduct::sidecar
