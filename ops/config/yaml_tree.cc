#include "ops/config/yaml_tree.h"

#include <yaml-cpp/anchor.h>
#include <yaml-cpp/depthguard.h>
#include <yaml-cpp/emitterstyle.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <sstream>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_format.h"
#include "text/utf8.h"

namespace viaduct::ops {
namespace {

TextPosition PositionOf(const YAML::Mark& mark) { return {mark.line + 1, mark.column + 1}; }

// Returns the position of the byte at `offset`.
TextPosition PositionOf(std::string_view text, std::size_t offset) {
  const std::string_view before = text.substr(0, offset);
  const auto lines = std::count(before.begin(), before.end(), '\n');
  const std::size_t line_start = before.rfind('\n') + 1;  // npos + 1 is 0.
  return {static_cast<int>(lines) + 1, static_cast<int>(offset - line_start) + 1};
}

bool IsForbiddenControl(char c) { return static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n' && c != '\r'; }

// Returns true if the indentation of a line has a tab; yaml-cpp's error for that names another problem.
bool IndentedByTab(std::string_view text, int line) {
  for (int i = 1; i < line; ++i) text.remove_prefix(std::min(text.find('\n'), text.size() - 1) + 1);
  const std::size_t indentation = text.find_first_not_of(" \t");
  return text.substr(0, indentation).find('\t') != std::string_view::npos;
}

}  // namespace

absl::Status ErrorAt(std::string_view name, TextPosition position, std::string_view problem) {
  return absl::InvalidArgumentError(
      absl::StrFormat("%s:%d:%d: %s", std::string(name), position.line, position.column, std::string(problem)));
}

// Turns yaml-cpp's events into nodes. It cannot stop the parser, so it remembers the first problem and continues.
class YamlTreeBuilder : public YAML::EventHandler {
 public:
  struct Problem {
    TextPosition position;
    std::string rule;
  };

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (tree_.root_ != nullptr) Fail(PositionOf(mark), "a second document is not allowed");
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override { Add(YamlNode::Kind::kNull, mark, "", anchor); }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    // yaml-cpp numbers anchors from 1 in order, and refuses an alias whose anchor has not come yet.
    const YamlNode* node = anchors_[anchor];
    if (std::find(open_.begin(), open_.end(), node) != open_.end()) {
      Fail(PositionOf(mark), "an alias may not stand inside its own anchor");
    } else {
      Attach(node);
    }
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    // The text is UTF-8, but yaml-cpp converts these two escapes to single Latin-1 bytes.
    if (!text::IsUtf8(value)) Fail(PositionOf(mark), "the escapes \\N and \\_ are not supported");
    Add(YamlNode::Kind::kScalar, mark, tag, anchor)->text = value;
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open_.push_back(Add(YamlNode::Kind::kList, mark, tag, anchor));
  }
  void OnSequenceEnd() override { open_.pop_back(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open_.push_back(Add(YamlNode::Kind::kMap, mark, tag, anchor));
  }
  void OnMapEnd() override { open_.pop_back(); }

  // Returns the tree. Call it once, at the end.
  YamlTree TakeTree() {
    if (tree_.root_ == nullptr) tree_.root_ = &tree_.nodes_.emplace_back();
    return std::move(tree_);
  }

  const std::optional<Problem>& problem() const { return problem_; }

  // Returns the innermost list or map whose end has not been reached.
  const YamlNode* innermost_open() const { return open_.empty() ? nullptr : open_.back(); }

 private:
  YamlNode* Add(YamlNode::Kind kind, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
    // "?" marks a plain value, "!" a quoted one.
    if (!tag.empty() && tag != "?" && tag != "!") Fail(PositionOf(mark), "tags are not allowed");
    YamlNode* node = &tree_.nodes_.emplace_back();
    node->kind = kind;
    node->position = PositionOf(mark);
    Attach(node);
    if (anchor != YAML::NullAnchor) {
      if (anchors_.size() <= anchor) anchors_.resize(anchor + 1);
      anchors_[anchor] = node;
    }
    return node;
  }

  void Attach(const YamlNode* node) {
    if (!open_.empty()) {
      open_.back()->children.push_back(node);
    } else if (tree_.root_ == nullptr) {
      tree_.root_ = node;
    }
  }

  void Fail(TextPosition position, std::string rule) {
    if (!problem_.has_value()) problem_ = Problem{position, std::move(rule)};
  }

  YamlTree tree_;
  std::vector<YamlNode*> open_;  // From the root to the list or map that is being read.
  std::vector<const YamlNode*> anchors_;
  std::optional<Problem> problem_;
};

namespace {

// Describes in our own words what yaml-cpp refused.
absl::Status SyntaxError(std::string_view name, std::string_view text, const YamlTreeBuilder& builder,
                         const YAML::ParserException& error) {
  TextPosition position = PositionOf(error.mark);
  if (IndentedByTab(text, position.line)) return ErrorAt(name, position, "not YAML: a tab may not indent");
  // For these errors yaml-cpp names the end of the text, or nothing.
  const bool unfinished = error.msg == YAML::ErrorMsg::END_OF_MAP_FLOW || error.msg == YAML::ErrorMsg::END_OF_SEQ_FLOW;
  if (unfinished && builder.innermost_open() != nullptr) position = builder.innermost_open()->position;
  return ErrorAt(name, position, "not YAML: " + error.msg);
}

absl::Status CheckCharacters(std::string_view name, std::string_view text) {
  const std::size_t valid = text::ValidUtf8Length(text);
  const auto control =
      std::find_if(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(valid), IsForbiddenControl);
  const auto offset = static_cast<std::size_t>(control - text.begin());
  if (offset < valid) return ErrorAt(name, PositionOf(text, offset), "control characters are not allowed");
  if (valid < text.size()) return ErrorAt(name, PositionOf(text, valid), "not UTF-8");
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<YamlTree> YamlTree::Parse(std::string_view name, std::string_view text) {
  if (text.size() > kMaxBytes) return absl::InvalidArgumentError(std::string(name) + ": longer than 1 MiB");
  if (absl::Status status = CheckCharacters(name, text); !status.ok()) return status;
  YamlTreeBuilder builder;
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    while (!builder.problem().has_value() && parser.HandleNextDocument(builder)) {
    }
  } catch (const YAML::DeepRecursion& error) {
    return ErrorAt(name, PositionOf(error.mark), "nested too deeply");
  } catch (const YAML::ParserException& error) {
    if (!builder.problem().has_value()) return SyntaxError(name, text, builder, error);
  }
  if (builder.problem().has_value()) return ErrorAt(name, builder.problem()->position, builder.problem()->rule);
  return builder.TakeTree();
}

}  // namespace viaduct::ops
