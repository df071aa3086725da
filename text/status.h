#pragma once

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "text/error.h"
#include "text/result.h"

namespace viaduct::text {

// Convert std's errors into abseil's, for the code that has only those.
inline absl::Status ToStatus(const Error& error) {
  const bool not_found = error.code == Error::Code::kNotFound;
  return absl::Status(not_found ? absl::StatusCode::kNotFound : absl::StatusCode::kInvalidArgument, error.message);
}

template <typename T>
absl::StatusOr<T> ToStatusOr(Result<T> result) {
  if (!result.ok()) return ToStatus(result.error());
  return *std::move(result);
}

}  // namespace viaduct::text
