#include "ctl/core/context_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

namespace viaduct::ctl {
namespace {

constexpr char kTwo[] =
    "# ours\n"
    "current: prod # the one\n"
    "contexts:\n"
    "- name: prod\n"
    "  chat: 10.0.0.5:8083\n"
    "  token_file: prod.token\n"
    "# on this machine\n"
    "- {name: here, chat: 'unix:/run/chat.sock', token_file: /etc/token}\n"
    "# the end\n";

std::string Path(const std::string& text) {
  const std::string path = std::string(std::getenv("TEST_TMPDIR")) + "/contexts.yaml";
  std::ofstream(path, std::ios::binary) << text;
  return path;
}

Context MakeContext(const std::string& name, const std::string& chat) {
  Context context;
  context.name = name;
  context.chat = chat;
  return context;
}

std::string Content(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(ContextFileTest, AnotherCurrentOneChangesItsLineAlone) {
  const std::string path = Path(kTwo);
  ASSERT_EQ(::chmod(path.c_str(), 0640), 0);
  ASSERT_TRUE(UseContext(path, "", "here").ok());
  std::string expected = kTwo;
  expected.replace(expected.find("current: prod # the one"), 23, "current: here");
  EXPECT_EQ(Content(path), expected);
  struct stat info{};
  ASSERT_EQ(::stat(path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777, 0640u);
  EXPECT_EQ(std::string(UseContext(path, "", "nobody").message()),
            "no context nobody: 'viaductctl context list' lists the contexts in " + path);
  EXPECT_EQ(Content(path), expected);
}

TEST(ContextFileTest, ALineIsAddedWhereThereIsNone) {
  const std::string text = "contexts:\n- {name: a, chat: x}";
  const std::string path = Path(text);
  ASSERT_TRUE(UseContext(path, "", "a").ok());
  EXPECT_EQ(Content(path), "current: a\n" + text);
}

TEST(ContextFileTest, AContextIsAppendedAndTheOtherLinesStay) {
  const std::string path = Path(kTwo);
  Context added = MakeContext("new", "");
  added.sidecar = "unix:/s \"q\".sock";
  added.token_file = "/t";
  ASSERT_TRUE(AddContext(path, "", added).ok());
  const std::string text = kTwo;
  const std::size_t end = text.find("# the end");
  EXPECT_EQ(Content(path), text.substr(0, end) +
                               "- name: \"new\"\n  sidecar: \"unix:/s \\\"q\\\".sock\"\n  token_file: "
                               "\"/t\"\n# the end\n");
  EXPECT_EQ(Contexts::Load(path, "")->Find("new")->sidecar, "unix:/s \"q\".sock");
  EXPECT_EQ(std::string(AddContext(path, "", added).message()), "there is a context new already: remove it first");
}

TEST(ContextFileTest, TheFirstContextMakesTheFileForItsOwnerAlone) {
  const std::string path = std::string(std::getenv("TEST_TMPDIR")) + "/a/b/contexts.yaml";
  ASSERT_TRUE(AddContext(path, "", MakeContext("x", "h:1")).ok());
  EXPECT_EQ(Content(path), "contexts:\n- name: \"x\"\n  chat: \"h:1\"\n");
  struct stat info{};
  ASSERT_EQ(::stat(path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777, 0600u);
  ASSERT_TRUE(RemoveContext(path, "", "x").ok());
  EXPECT_TRUE(Contexts::Load(path, "")->contexts.empty());
  ASSERT_TRUE(AddContext(path, "", MakeContext("y", "h:2")).ok());
  EXPECT_EQ(Contexts::Load(path, "")->Find("y")->chat, "h:2");
}

TEST(ContextFileTest, ARemovedContextTakesItsLinesAndItsPlaceAsCurrentOneWithIt) {
  const std::string path = Path(kTwo);
  ASSERT_TRUE(RemoveContext(path, "", "prod").ok());
  EXPECT_EQ(Content(path),
            "# ours\ncontexts:\n- {name: here, chat: 'unix:/run/chat.sock', token_file: /etc/token}\n# the end\n");
  EXPECT_FALSE(RemoveContext(path, "", "prod").ok());
}

TEST(ContextFileTest, AListInAnotherStyleIsLeftToItsOwner) {
  const std::string text = "contexts: [{name: a, chat: x}]\n";
  const std::string path = Path(text);
  const std::string by_hand = ": edit it by hand";
  for (const absl::Status& status : {AddContext(path, "", MakeContext("b", "y")), RemoveContext(path, "", "a")}) {
    EXPECT_NE(std::string(status.message()).find(by_hand), std::string::npos) << status;
  }
  EXPECT_EQ(Content(path), text);
}

}  // namespace
}  // namespace viaduct::ctl
