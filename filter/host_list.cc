#include "filter/host_list.h"

#include <algorithm>
#include <cstddef>
#include <optional>

#include "filter/host_name.h"
#include "text/ascii.h"
#include "text/concat.h"
#include "text/error.h"

namespace viaduct::filter {

text::Result<HostList> HostList::Create(std::span<const std::string> entries) {
  HostList list;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const std::string_view entry = entries[i];
    const bool wildcard = entry.starts_with("*.");
    const std::string_view name = wildcard ? entry.substr(2) : entry;
    const std::optional<std::string_view> host = HostWithoutPort(name);
    const auto fail = [&](std::string_view rule) {
      return text::ErrorAt(text::Concat("[", i, "]"), text::ValueError(entry, rule));
    };
    if (entry == "*") return fail("matches nothing; leave the list empty to allow any host");
    if (!host) return fail("is not a host name; names beyond ASCII must be in their xn-- form");
    if (host->size() != name.size() && !name.ends_with('.')) return fail("must not have a port");
    if (wildcard && host->starts_with('[')) return fail("is not a host name after \"*.\"");
    if (wildcard) {
      list.suffixes_.push_back("." + std::string(*host));
    } else {
      list.exact_.emplace_back(*host);
    }
  }
  return list;
}

bool HostList::Allows(std::string_view field) const {
  // The value is nearly always exactly one of the names, and then it need not be parsed.
  if (std::find(exact_.begin(), exact_.end(), field) != exact_.end()) return true;
  const bool any = exact_.empty() && suffixes_.empty();
  if (field.empty()) return any;
  const std::optional<std::string_view> host = HostWithoutPort(field);
  if (!host) return false;
  if (any) return true;
  for (const std::string& exact : exact_) {
    if (SameHost(*host, exact)) return true;
  }
  const std::size_t dot = host->find('.');
  if (dot == 0 || dot == std::string_view::npos) return false;
  for (const std::string& suffix : suffixes_) {
    if (text::EqualsIgnoreCase(host->substr(dot), suffix)) return true;
  }
  return false;
}

}  // namespace viaduct::filter
