#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "net/address.h"

namespace viaduct::bench {

// A command line of "--name value" pairs. The program asks for each name once; `Finish` refuses names that nobody asked
// for. An invalid value ends the process with a message on stderr. A value.
class Flags {
 public:
  Flags(int argc, char** argv);

  // Returns the flag's value, or `otherwise` if it is absent.
  std::string Text(const std::string& name, std::string_view otherwise);
  // Returns a whole number from 0 on.
  std::size_t Number(const std::string& name, std::size_t otherwise);
  // Returns a required address, as SocketAddress::Parse reads it.
  net::SocketAddress Address(const std::string& name);
  std::optional<net::SocketAddress> OptionalAddress(const std::string& name);

  // Must be called after asking for all flags.
  void Finish() const;

 private:
  std::map<std::string, std::string> values_;
};

// Reads a whole number from 0 on, or ends the process with a message that names `name`.
std::size_t ParseNumber(std::string_view name, std::string_view text);

}  // namespace viaduct::bench
