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

  // Has no token, so nothing matches.
  AdminTokens() = default;

  // Reads the text of a token file. Each line is a token, "TOKEN" or "NAME TOKEN", where the name is for the audit log.
  // Empty lines and lines that begin with '#' do not count. An error names the line and the rule, and nothing of a
  // token.
  static absl::StatusOr<AdminTokens> Parse(std::string_view text);
  // The same for the file at `path`, which an error quotes.
  static absl::StatusOr<AdminTokens> Read(const std::string& path);

  bool empty() const { return tokens_.empty(); }
  std::size_t size() const { return tokens_.size(); }

  // Returns the name of `token`, "unnamed" if it has none; nullptr if it is not among the tokens. The time this takes
  // reveals nothing about the tokens except their lengths.
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
