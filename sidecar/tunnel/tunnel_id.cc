#include "sidecar/tunnel/tunnel_id.h"

#include <charconv>
#include <cstddef>

#include "absl/strings/str_cat.h"

namespace viaduct::sidecar {
namespace {

// Takes a number off the front of `text`.
template <typename Number>
bool Take(std::string_view* text, int base, Number* number) {
  const char* begin = text->data();
  const auto [end, error] = std::from_chars(begin, begin + text->size(), *number, base);
  text->remove_prefix(static_cast<std::size_t>(end - begin));
  return error == std::errc();
}

bool TakeDash(std::string_view* text) {
  if (text->empty() || text->front() != '-') return false;
  text->remove_prefix(1);
  return true;
}

}  // namespace

std::string TunnelId::Text() const {
  return absl::StrCat(absl::Hex(process, absl::kZeroPad8), "-", worker, "-", number);
}

std::optional<TunnelId> TunnelId::Parse(std::string_view text) {
  TunnelId id;
  std::string_view rest = text;
  const bool read = Take(&rest, 16, &id.process) && TakeDash(&rest) && Take(&rest, 10, &id.worker) && TakeDash(&rest) &&
                    Take(&rest, 10, &id.number);
  // This also refuses leading zeros and other alternative spellings.
  if (!read || id.Text() != text) return std::nullopt;
  return id;
}

}  // namespace viaduct::sidecar
