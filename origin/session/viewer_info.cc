#include "origin/session/viewer_info.h"

#include <algorithm>
#include <string>

namespace viaduct::origin {

ViewerInfo::ViewerInfo(const http::RequestHead& head, const net::SocketAddress& peer) {
  const std::string peer_text = peer.ToString();
  const std::array<std::string_view, kParts> parts = {
      peer_text, head.fields.First(http::FieldName::kXViaductViewerAddress),
      head.fields.First(http::FieldName::kXForwardedFor), head.fields.First(http::FieldName::kXAmzCfId),
      head.fields.First(http::FieldName::kUserAgent)};
  std::size_t size = 0;
  for (const std::string_view part : parts) size += std::min(part.size(), kMaxFieldBytes);
  text_ = std::make_unique_for_overwrite<char[]>(size);
  std::size_t end = 0;
  for (std::size_t i = 0; i < kParts; ++i) {
    end += parts[i].copy(text_.get() + end, kMaxFieldBytes);
    ends_[i] = static_cast<std::uint16_t>(end);
  }
}

std::string_view ViewerInfo::Part(std::size_t i) const {
  const std::size_t begin = i == 0 ? 0 : ends_[i - 1];
  return {text_.get() + begin, ends_[i] - begin};
}

}  // namespace viaduct::origin
