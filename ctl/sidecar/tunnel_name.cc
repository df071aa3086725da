#include "ctl/sidecar/tunnel_name.h"

#include <algorithm>
#include <cstddef>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "ctl/options/id_prefix.h"
#include "ctl/output/text.h"

namespace viaduct::ctl {
namespace {

constexpr std::string_view kTunnelsPrefix = "tunnels/";
constexpr std::size_t kProcessDigits = 8;
constexpr std::size_t kMinPrefixSize = 4;

bool IsNumber(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

std::string_view TunnelId(std::string_view name) {
  if (name.starts_with(kTunnelsPrefix)) name.remove_prefix(kTunnelsPrefix.size());
  return name;
}

std::string TunnelName(std::string_view id) { return std::string(kTunnelsPrefix).append(id); }

absl::StatusOr<TypedTunnel> ParseTunnel(std::string_view text) {
  const std::string_view given = WithoutEllipsis(TunnelId(text));
  const std::string_view process = given.substr(0, given.find('-'));
  const bool is_hexadecimal = std::all_of(
      process.begin(), process.end(), [](char c) { return absl::ascii_isxdigit(static_cast<unsigned char>(c)) != 0; });
  const std::string_view rest = given.substr(process.size());
  // "-WORKER-NUMBER", or the beginning of it.
  const std::string_view worker = rest.empty() ? rest : rest.substr(1, rest.find('-', 1) - 1);
  const std::string_view number = rest.size() > worker.size() + 1 ? rest.substr(worker.size() + 2) : "";
  const bool begins_well = is_hexadecimal && process.size() <= kProcessDigits &&
                           (rest.empty() || process.size() == kProcessDigits) && (worker.empty() || IsNumber(worker)) &&
                           (number.empty() || (IsNumber(number) && !worker.empty()));
  const auto rejected = [text](const char* rule) {
    return absl::InvalidArgumentError(absl::StrCat("tunnel \"", Escape(text), "\": ", rule));
  };
  if (!begins_well) {
    return rejected("expected an ID as shown by 'viaductctl sidecar tunnels list', or the beginning of one");
  }
  if (given.size() < kMinPrefixSize) return rejected("give at least the first 4 characters of the ID");
  return TypedTunnel{.id = absl::AsciiStrToLower(std::string(given)), .whole = !number.empty()};
}

}  // namespace viaduct::ctl
