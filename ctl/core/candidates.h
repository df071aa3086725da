#pragma once

#include <string_view>

namespace viaduct::ctl {

// The shell completion of a flag's value or of a command's first argument. A value; the text must outlive it.
struct Candidates {
  enum class Kind {
    kNone,
    kWords,   // the words in `text`, separated by spaces
    kFiles,   // paths
    kListed,  // the first column of the output of viaductctl with the arguments in `text`
  };

  Kind kind = Kind::kNone;
  std::string_view text = "";
};

}  // namespace viaduct::ctl
