#pragma once

#include <cstdlib>
#include <utility>
#include <variant>

#include "text/error.h"

namespace viaduct::text {

// A value, or why there is none. Like absl::StatusOr, but it needs only std (text/error.h).
template <typename T>
class [[nodiscard]] Result {
 public:
  // Implicit, so that a function can return either.
  // NOLINTNEXTLINE(google-explicit-constructor)
  Result(T value) : content_(std::in_place_index<0>, std::move(value)) {}
  // NOLINTNEXTLINE(google-explicit-constructor)
  Result(Error error) : content_(std::in_place_index<1>, std::move(error)) {}

  bool ok() const { return content_.index() == 0; }

  // The value. The process ends if there is none.
  const T& value() const& { return *Checked(std::get_if<0>(&content_)); }
  T& value() & { return *Checked(std::get_if<0>(&content_)); }
  T&& value() && { return std::move(*Checked(std::get_if<0>(&content_))); }
  const T& operator*() const& { return value(); }
  T& operator*() & { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  const T* operator->() const { return &value(); }
  T* operator->() { return &value(); }

  // Why there is no value. The process ends if there is one.
  const Error& error() const { return *Checked(std::get_if<1>(&content_)); }

 private:
  template <typename Pointer>
  static Pointer Checked(Pointer pointer) {
    if (pointer == nullptr) std::abort();
    return pointer;
  }

  std::variant<T, Error> content_;
};

}  // namespace viaduct::text
