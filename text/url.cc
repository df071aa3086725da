#include "text/url.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstddef>

#include "text/number.h"

namespace viaduct::text {
namespace {

bool IsVisible(char c) { return c > ' ' && c < '\x7f'; }

bool IsHostName(std::string_view host) {
  constexpr std::string_view kAllowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.";
  return !host.empty() && host.size() <= 253 && host.find_first_not_of(kAllowed) == std::string_view::npos;
}

bool IsAddress(int family, const std::string& host) {
  in6_addr bytes;  // has room for both families
  return ::inet_pton(family, host.c_str(), &bytes) == 1;
}

}  // namespace

std::optional<Url> ParseUrl(std::string_view text) {
  constexpr std::string_view kHttp = "http://";
  constexpr std::string_view kHttps = "https://";
  Url url;
  url.https = text.starts_with(kHttps);
  if (!url.https && !text.starts_with(kHttp)) return std::nullopt;
  if (!std::all_of(text.begin(), text.end(), IsVisible) || text.find('#') != std::string_view::npos) {
    return std::nullopt;
  }
  text.remove_prefix(url.https ? kHttps.size() : kHttp.size());
  const std::size_t slash = std::min(text.find('/'), text.size());
  url.authority = text.substr(0, slash);
  url.target = text.substr(slash);

  std::string_view host = url.authority;
  url.port = url.https ? 443 : 80;
  const std::size_t colon = host.rfind(':');
  if (colon != std::string_view::npos && host.find(']', colon) == std::string_view::npos) {
    if (!ReadNumber(host.substr(colon + 1), &url.port) || url.port == 0) return std::nullopt;
    host = host.substr(0, colon);
  }
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  url.host = bracketed ? host.substr(1, host.size() - 2) : host;
  url.host_is_address = IsAddress(bracketed ? AF_INET6 : AF_INET, url.host);
  if (!url.host_is_address && (bracketed || !IsHostName(url.host))) return std::nullopt;
  return url;
}

}  // namespace viaduct::text
