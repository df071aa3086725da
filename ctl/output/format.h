#pragma once

namespace viaduct::ctl {

// The form in which a command prints its result.
enum class Format {
  kTable,  // for people, fitted to the terminal
  kWide,   // for people, with further columns; nothing is cut or left out
  kJson,
  kYaml,
};

}  // namespace viaduct::ctl
