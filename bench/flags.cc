#include "bench/flags.h"

#include <charconv>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

#include "absl/status/statusor.h"
#include "bench/failure.h"
#include "net/address.h"

namespace viaduct::bench {

Flags::Flags(int argc, char** argv) {
  for (int i = 1; i < argc; i += 2) {
    const std::string name = argv[i];
    if (name.size() < 3 || !name.starts_with("--")) Fail("\"" + name + "\": flags are written --name value");
    if (i + 1 == argc) Fail(name + ": without a value");
    if (!values_.emplace(name.substr(2), argv[i + 1]).second) Fail(name + ": given twice");
  }
}

std::string Flags::Text(const std::string& name, std::string_view otherwise) {
  const auto found = values_.extract(name);
  return found.empty() ? std::string(otherwise) : found.mapped();
}

std::size_t Flags::Number(const std::string& name, std::size_t otherwise) {
  const std::string text = Text(name, "");
  return text.empty() ? otherwise : ParseNumber("--" + name, text);
}

net::SocketAddress Flags::Address(const std::string& name) {
  const absl::StatusOr<net::SocketAddress> address = net::SocketAddress::Parse(Text(name, ""));
  if (!address.ok()) Fail("--" + name + ": " + std::string(address.status().message()));
  return *address;
}

std::optional<net::SocketAddress> Flags::OptionalAddress(const std::string& name) {
  if (!values_.contains(name)) return std::nullopt;
  return Address(name);
}

void Flags::Finish() const {
  if (!values_.empty()) Fail("--" + values_.begin()->first + ": no such flag");
}

std::size_t ParseNumber(std::string_view name, std::string_view text) {
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) {
    Fail(std::string(name) + ": \"" + std::string(text) + "\": not a whole number");
  }
  return number;
}

}  // namespace viaduct::bench
