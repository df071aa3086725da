#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace viaduct::text {

// What of requests' targets and of URLs may be shown in logs, errors and admin APIs. Queries and user information carry
// tokens and passwords, so their values are shown as "***".

// Redacts the query of a request's target: "/chat?token=***&room=***", and the parameters of its path's segments:
// "/chat;jsessionid=***/x". The names of parameters stay, and the values of those whose names are listed. A parameter
// without a value may be a bare token and has only "***", and so has one with a name of more than 64 bytes. Not only
// "&" but also ";", "?" and "#" end a value, whatever an application takes them for.
//
// A value; thread-safe when it does not change.
class QueryRedaction {
 public:
  // Shows no values.
  QueryRedaction() = default;
  // `shown` are names as they are written in a query.
  explicit QueryRedaction(std::vector<std::string> shown) : shown_(std::move(shown)) {}

  // Returns `target` itself if it has no parameter, otherwise a view of `storage`.
  std::string_view Redact(std::string_view target, std::string* storage) const;

  // True if the values of the parameter `name` may be shown.
  bool Shows(std::string_view name) const;

  bool operator==(const QueryRedaction&) const = default;

 private:
  void Append(std::string_view parameter, std::string* out) const;

  std::vector<std::string> shown_;
};

// Returns `text` without what stands before "@", as user information does; and if it has "://", as a URL has, without
// the values of the query: "https://***@example.com/list?signature=***".
std::string RedactUrl(std::string_view text);

}  // namespace viaduct::text
