#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "net/address.h"

namespace viaduct::bench {

// A command line of "--name value" pairs. Each name is asked for once; `Finish` refuses what nobody asked for. What
// cannot be read ends the process with a word on stderr. A value.
class Flags {
 public:
  Flags(int argc, char** argv);

  // The flag's value, or `otherwise` if it is absent.
  std::string Text(const std::string& name, std::string_view otherwise);
  // A whole number from 0 on.
  std::size_t Number(const std::string& name, std::size_t otherwise);
  // A required address, as SocketAddress::Parse reads it.
  net::SocketAddress Address(const std::string& name);
  std::optional<net::SocketAddress> OptionalAddress(const std::string& name);

  // To be called after all flags were asked for.
  void Finish() const;

 private:
  std::map<std::string, std::string> values_;
};

// Reads a whole number from 0 on, or ends the process, saying that it is `name`.
std::size_t ParseNumber(std::string_view name, std::string_view text);

}  // namespace viaduct::bench
