#include "sidecar/config/ranges/wide_prefix.h"

#include "ip/address_ranges.h"
#include "text/result.h"

namespace viaduct::sidecar {
namespace {

constexpr int kMinV4Length = 8;
constexpr int kMinV6Length = 19;

}  // namespace

bool IsWidePrefix(std::string_view text) {
  const text::Result<ip::AddressPrefix> prefix = ip::AddressPrefix::Parse(text);
  return prefix.ok() && prefix->length() < (prefix->first().is_v4() ? kMinV4Length : kMinV6Length);
}

}  // namespace viaduct::sidecar
