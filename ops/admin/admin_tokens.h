#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace viaduct::ops {

// The bearer tokens that callers of the admin API may show. A value; never changes.
class AdminTokens {
 public:
  static constexpr std::size_t kMaxTokens = 16;
  static constexpr std::size_t kMinTokenBytes = 16;
  static constexpr std::size_t kMaxFileBytes = 64 * 1024;

  // No token: nothing matches.
  AdminTokens() = default;

  // Reads the text of a token file: a line a token, "TOKEN" or "NAME TOKEN", the name for the audit log; empty lines
  // and those that begin with '#' do not count. An error says the line and the rule, and nothing of a token.
  static absl::StatusOr<AdminTokens> Parse(std::string_view text);
  // The same for the file at `path`, which an error quotes.
  static absl::StatusOr<AdminTokens> Read(const std::string& path);

  bool empty() const { return tokens_.empty(); }
  std::size_t size() const { return tokens_.size(); }

  // The name of `token`, "unnamed" if it has none; nullptr if it is not among the tokens. How long it takes tells
  // nothing of them but their lengths.
  const std::string* Find(std::string_view token) const;

  bool operator==(const AdminTokens& other) const = default;

 private:
  struct Token {
    std::string name;
    std::string value;

    bool operator==(const Token& other) const = default;
  };

  std::vector<Token> tokens_;
};

}  // namespace viaduct::ops
