#pragma once

#include <string_view>

namespace viaduct::ctl {

// What shell completion offers for the value of a flag or for the first argument of a command. A value; the text must
// outlive it.
struct Candidates {
  enum class Kind {
    kNone,
    kWords,   // the words in `text`, separated by spaces
    kFiles,   // paths
    kListed,  // the first column of what viaductctl prints when it is called with the arguments in `text`
  };

  Kind kind = Kind::kNone;
  std::string_view text = "";
};

}  // namespace viaduct::ctl
