#include "ops/admin/admin_tokens.h"

#include <openssl/crypto.h>

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "ops/config/bounded_file.h"

namespace viaduct::ops {
namespace {

constexpr std::size_t kMaxNameBytes = 64;
constexpr std::string_view kBlanks = " \t\r";

std::string_view Trim(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) + 1 - begin);
}

bool IsName(std::string_view text) {
  return text.size() <= kMaxNameBytes && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
                  c == '-';
         });
}

// Returns the rule that `token` breaks, or nullptr.
const char* BrokenRule(std::string_view token) {
  if (token.size() < AdminTokens::kMinTokenBytes) return "the token is shorter than 16 characters";
  const bool visible = std::all_of(token.begin(), token.end(), [](char c) { return c > 0x20 && c < 0x7f; });
  return visible ? nullptr : "the token has a character that is not visible ASCII";
}

}  // namespace

absl::StatusOr<AdminTokens> AdminTokens::Parse(std::string_view text) {
  AdminTokens tokens;
  for (int number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = Trim(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty() || line.front() == '#') continue;
    const auto broken = [number](const char* rule) {
      return absl::InvalidArgumentError(absl::StrCat("line ", number, ": ", rule));
    };
    std::string_view name = "unnamed";
    std::string_view value = line;
    if (const std::size_t blank = line.find_first_of(kBlanks); blank != std::string_view::npos) {
      name = line.substr(0, blank);
      value = Trim(line.substr(blank));
      if (!IsName(name)) return broken("the name must have 1 to 64 of A-Z a-z 0-9 . _ -");
    }
    if (const char* rule = BrokenRule(value)) return broken(rule);
    if (tokens.size() == kMaxTokens) return broken("more than 16 tokens");
    tokens.tokens_.push_back({std::string(name), std::string(value)});
  }
  if (tokens.empty()) return absl::InvalidArgumentError("holds no token");
  return tokens;
}

absl::StatusOr<AdminTokens> AdminTokens::Read(const std::string& path) {
  absl::StatusOr<std::string> text = ReadSecretFile(path, kMaxFileBytes);
  if (!text.ok()) return text.status();
  absl::StatusOr<AdminTokens> tokens = Parse(*text);
  if (!tokens.ok()) return absl::InvalidArgumentError(absl::StrCat("\"", path, "\": ", tokens.status().message()));
  return tokens;
}

const std::string* AdminTokens::Find(std::string_view token) const {
  const std::string* found = nullptr;
  // Compares with all tokens, even after a match.
  for (const Token& known : tokens_) {
    const bool same =
        known.value.size() == token.size() && CRYPTO_memcmp(known.value.data(), token.data(), token.size()) == 0;
    if (same) found = &known.name;
  }
  return found;
}

}  // namespace viaduct::ops
