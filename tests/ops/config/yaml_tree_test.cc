#include "ops/config/yaml_tree.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace viaduct::ops {
namespace {

// The tree on one line, each value with its position: `map@1:1{a@1:1 1@1:4}`.
std::string Shown(const YamlNode& node) {
  const std::string place = "@" + std::to_string(node.position.line) + ":" + std::to_string(node.position.column);
  if (node.kind == YamlNode::Kind::kNull) return "null";
  if (node.kind == YamlNode::Kind::kScalar) return node.text + place;
  std::string children;
  for (const YamlNode* child : node.children) children += (children.empty() ? "" : " ") + Shown(*child);
  return (node.kind == YamlNode::Kind::kMap ? "map" : "list") + place + "{" + children + "}";
}

std::string ShownTree(std::string_view text) {
  const absl::StatusOr<YamlTree> tree = YamlTree::Parse("t", text);
  return tree.ok() ? Shown(tree->root()) : std::string(tree.status().message());
}

TEST(YamlTreeTest, KnowsWhereEverythingStands) {
  EXPECT_EQ(ShownTree("a: 1\nb:\n  - x\n  - {c: \"d\"}\n"),
            "map@1:1{a@1:1 1@1:4 b@2:1 list@3:3{x@3:5 map@4:5{c@4:6 d@4:9}}}");
}

TEST(YamlTreeTest, ColumnsAreBytesAndLinesEndInAnyWay) {
  EXPECT_EQ(ShownTree("{\xe3\x81\x82: b}"), "map@1:1{\xe3\x81\x82@1:2 b@1:7}");
  EXPECT_EQ(ShownTree("a: 1\r\nb: 2\r\n"), "map@1:1{a@1:1 1@1:4 b@2:1 2@2:4}");
}

TEST(YamlTreeTest, OnlyWhatIsNotQuotedCanBeNull) {
  EXPECT_EQ(ShownTree("[~, null, 'null', \"\", ]"), "list@1:1{null null null@1:11 @1:19}");
}

TEST(YamlTreeTest, AnAliasIsTheNodeOfItsAnchor) {
  EXPECT_EQ(ShownTree("a: &x [1]\nb: *x\nc: &x 2\nd: *x\n"),
            "map@1:1{a@1:1 list@1:4{1@1:8} b@2:1 list@1:4{1@1:8} c@3:1 2@3:4 d@4:1 2@3:4}");
}

TEST(YamlTreeTest, AnEmptyTextIsNull) {
  for (const std::string_view text : {"", "# nothing", "---", "---\n...\n"}) EXPECT_EQ(ShownTree(text), "null");
}

TEST(YamlTreeTest, EscapesBecomeUtf8) {
  EXPECT_EQ(ShownTree("\"\\x85\\u00a0\\L\\P\\/\""), "\xc2\x85\xc2\xa0\xe2\x80\xa8\xe2\x80\xa9/@1:1");
}

TEST(YamlTreeTest, NamesThePlaceOfAnError) {
  EXPECT_EQ(ShownTree("a: b\nc: }"), "t:2:4: not YAML: illegal flow end");
  EXPECT_EQ(ShownTree("a: \xc3"), "t:1:4: not UTF-8");
  EXPECT_EQ(ShownTree(std::string_view("a\n\0", 3)), "t:2:1: control characters are not allowed");
  EXPECT_EQ(ShownTree("a: \"x\\_y\""), "t:1:4: the escapes \\N and \\_ are not supported");
  EXPECT_EQ(ShownTree("a: [\"\\N\"]"), "t:1:5: the escapes \\N and \\_ are not supported");
  EXPECT_EQ(ShownTree("a: !x b"), "t:1:4: tags are not allowed");
  EXPECT_EQ(ShownTree("\tkey: b"), "t:1:5: not YAML: a tab may not indent");
}

TEST(YamlTreeTest, DeepTextsOfAnyShapeAreRefused) {
  for (const std::string_view piece : {"[", "{", "- ", "? ", "{a: ", "[[a]: "}) {
    std::string text;
    while (text.size() < 100'000) text += piece;
    EXPECT_NE(ShownTree(text).find("nested too deeply"), std::string::npos) << piece;
  }
}

}  // namespace
}  // namespace viaduct::ops
