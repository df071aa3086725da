#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace viaduct::ops {

// Where something stands in a text: both count from 1, columns in bytes.
struct TextPosition {
  int line = 1;
  int column = 1;
};

// "name:line:column: problem".
absl::Status ErrorAt(std::string_view name, TextPosition position, std::string_view problem);

// One value of a YAML document.
struct YamlNode {
  enum class Kind {
    kNull,    // Nothing, "~" or "null".
    kScalar,  // Text; how it was quoted is forgotten.
    kList,
    kMap,
  };
  Kind kind = Kind::kNull;
  // Of a kNull that is not written this is not to be relied upon.
  TextPosition position;
  std::string text;
  // Of a list its items; of a map keys and values in turn. An alias is the node of its anchor.
  std::vector<const YamlNode*> children;
};

// A YAML document as a tree that knows where everything stands.
//
// Only what a config file needs: one document, UTF-8 without control characters, no tags, not the escapes \N and \_.
// The text is bounded to 1 MiB, its nesting by yaml-cpp. No node contains itself, but aliases make the tree a graph:
// whoever walks it bounds the steps.
// Movable, not thread-safe; owns its nodes.
class YamlTree {
 public:
  static constexpr std::size_t kMaxBytes = std::size_t{1} << 20;

  // `name` is what errors call the text: a file's path.
  static absl::StatusOr<YamlTree> Parse(std::string_view name, std::string_view text);

  // kNull if the document is empty.
  const YamlNode& root() const { return *root_; }

 private:
  friend class YamlTreeBuilder;

  std::deque<YamlNode> nodes_;
  const YamlNode* root_ = nullptr;
};

}  // namespace viaduct::ops
