#include "filter/origin_list.h"

#include <algorithm>
#include <cstddef>

#include "filter/host_name.h"
#include "filter/web_origin.h"
#include "text/concat.h"
#include "text/error.h"

namespace viaduct::filter {
namespace {

constexpr std::string_view kNull = "null";
constexpr std::string_view kSameHost = "same-host";
constexpr std::string_view kSchemeEnd = "://";

// Reads an entry; otherwise returns nullopt, and what is wrong in `rule`.
std::optional<WebOrigin> ReadEntry(std::string_view entry, std::string_view* rule) {
  if (entry.find('*') != std::string_view::npos) {
    *rule = "wildcards are not supported; leave the list empty to allow any origin";
    return std::nullopt;
  }
  return WebOrigin::Read(entry, rule);
}

}  // namespace

text::Result<OriginList> OriginList::Create(std::span<const std::string> entries) {
  OriginList list;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    list.null_ = list.null_ || entries[i] == kNull;
    list.same_host_ = list.same_host_ || entries[i] == kSameHost;
    if (entries[i] == kNull || entries[i] == kSameHost) continue;
    std::string_view rule;
    const std::optional<WebOrigin> read = ReadEntry(entries[i], &rule);
    if (!read) return text::ErrorAt(text::Concat("[", i, "]"), text::ValueError(entries[i], rule));
    list.entries_.push_back({std::string(read->scheme), std::string(read->host), read->port});
  }
  return list;
}

bool OriginList::Allows(std::string_view origin, std::string_view host) const {
  if (entries_.empty() && !null_ && !same_host_) return true;
  if (origin == kNull) return null_;
  std::string_view rule;
  const std::optional<WebOrigin> read = WebOrigin::Read(origin, &rule);
  if (!read) return false;
  const auto is_same = [&](const Entry& entry) {
    return SameOrigin(*read, {.scheme = entry.scheme, .host = entry.host, .port = entry.port});
  };
  if (std::any_of(entries_.begin(), entries_.end(), is_same)) return true;
  if (!same_host_ || !read->IsOfWeb()) return false;
  // Host is nearly always written exactly as in the origin that was just read, and then it need not be parsed.
  if (origin.ends_with(host) && origin.size() == read->scheme.size() + kSchemeEnd.size() + host.size()) return true;
  const std::optional<std::string_view> own_host = HostWithoutPort(host);
  return own_host && SameHost(read->host, *own_host);
}

}  // namespace viaduct::filter
