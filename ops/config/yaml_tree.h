#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace viaduct::ops {

// A position in a text. Both numbers count from 1, columns in bytes.
struct TextPosition {
  int line = 1;
  int column = 1;
};

// Returns the error "name:line:column: problem".
absl::Status ErrorAt(std::string_view name, TextPosition position, std::string_view problem);

// One value of a YAML document.
struct YamlNode {
  enum class Kind {
    kNull,    // Nothing, "~" or "null".
    kScalar,  // Text; its quoting is not kept.
    kList,
    kMap,
  };
  Kind kind = Kind::kNull;
  // Unreliable for a kNull without text.
  TextPosition position;
  std::string text;
  // The items of a list, or the keys and values of a map in turn. An alias is the node of its anchor.
  std::vector<const YamlNode*> children;
};

// A YAML document as a tree with the position of each node.
//
// Supports only what a config file needs: one document, UTF-8 without control characters, no tags, not the escapes \N
// and \_. The text is limited to 1 MiB, its nesting by yaml-cpp. No node contains itself, but aliases make the tree a
// graph, so a caller that walks it must limit its steps. Movable, not thread-safe; owns its nodes.
class YamlTree {
 public:
  static constexpr std::size_t kMaxBytes = std::size_t{1} << 20;

  // Parses `text`; errors call it `name`, a file's path.
  static absl::StatusOr<YamlTree> Parse(std::string_view name, std::string_view text);

  // The root node; kNull if the document is empty.
  const YamlNode& root() const { return *root_; }

 private:
  friend class YamlTreeBuilder;

  std::deque<YamlNode> nodes_;
  const YamlNode* root_ = nullptr;
};

}  // namespace viaduct::ops
