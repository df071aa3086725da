#include "text/redaction.h"

#include <algorithm>
#include <cstddef>

namespace viaduct::text {
namespace {

constexpr std::string_view kHidden = "***";
constexpr std::string_view kSeparators = "&;?#";
constexpr std::size_t kMaxShownName = 64;

}  // namespace

bool QueryRedaction::Shows(std::string_view name) const {
  return std::find(shown_.begin(), shown_.end(), name) != shown_.end();
}

std::string_view QueryRedaction::Redact(std::string_view target, std::string* storage) const {
  const std::size_t query = std::min(target.find('?'), target.size());
  std::string_view path = target.substr(0, query);
  const bool has_parameters = path.find(';') != std::string_view::npos;
  if (query == target.size() && !has_parameters) return target;
  storage->clear();
  while (!path.empty()) {
    const std::size_t shown = std::min(path.find(';'), path.size() - 1) + 1;
    storage->append(path.substr(0, shown));
    path.remove_prefix(shown);
    if (storage->back() != ';') break;
    const std::size_t size = std::min(path.find_first_of(";/"), path.size());
    Append(path.substr(0, size), storage);
    path.remove_prefix(size);
  }
  for (std::string_view rest = target.substr(query); !rest.empty();) {
    storage->push_back(rest.front());
    rest.remove_prefix(1);
    const std::size_t size = std::min(rest.find_first_of(kSeparators), rest.size());
    Append(rest.substr(0, size), storage);
    rest.remove_prefix(size);
  }
  return *storage;
}

void QueryRedaction::Append(std::string_view parameter, std::string* out) const {
  const std::size_t name_size = std::min(parameter.find('='), parameter.size());
  const std::string_view name = parameter.substr(0, name_size);
  if (Shows(name)) {
    out->append(parameter);
    return;
  }
  // Padding of Base64 is no value.
  const bool has_value = parameter.find_first_not_of('=', name_size) != std::string_view::npos;
  if (has_value && name_size <= kMaxShownName) out->append(name).append("=");
  if (!parameter.empty()) out->append(kHidden);
}

std::string RedactUrl(std::string_view text) {
  constexpr std::string_view kScheme = "://";
  const std::size_t scheme = text.find(kScheme);
  const bool is_url = scheme != std::string_view::npos;
  std::string_view rest = text.substr(is_url ? scheme + kScheme.size() : 0);
  std::string shown(text.substr(0, text.size() - rest.size()));
  // A password may have any character, so the last "@" counts; behind a "?" it may belong to either.
  if (const std::size_t at = rest.rfind('@'); at != std::string_view::npos) {
    shown.append(kHidden);
    if (at > rest.find('?')) return shown;
    rest.remove_prefix(at);
  }
  if (!is_url) return shown.append(rest);
  std::string storage;
  return shown.append(QueryRedaction().Redact(rest, &storage));
}

}  // namespace viaduct::text
