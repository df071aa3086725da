#include "ctl/core/contexts.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <map>
#include <string>
#include <vector>

namespace viaduct::ctl {
namespace {

constexpr char kTwo[] =
    "# ours\n"
    "current: prod # the one\n"
    "contexts:\n"
    "- name: prod\n"
    "  chat: 10.0.0.5:8083\n"
    "  token_file: prod.token\n"
    "  ca_file: ~/ca.pem\n"
    "- {name: here, chat: 'unix:/run/chat.sock', token_file: /etc/token}\n";

std::string Path(const std::string& text) {
  const std::string path = std::string(std::getenv("TEST_TMPDIR")) + "/contexts.yaml";
  std::ofstream(path, std::ios::binary) << text;
  return path;
}

TEST(ContextsTest, PathsAreSeenFromTheFilesFolderOrTheHomeDirectory) {
  const std::string path = Path(kTwo);
  const auto contexts = Contexts::Load(path, "/home/op");
  ASSERT_TRUE(contexts.ok()) << contexts.status();
  EXPECT_EQ(contexts->current, "prod");
  const Context prod = *contexts->Find("prod");
  EXPECT_EQ(prod.chat, "10.0.0.5:8083");
  EXPECT_EQ(prod.sidecar, "");
  EXPECT_EQ(prod.token_file, std::string(std::getenv("TEST_TMPDIR")) + "/prod.token");
  EXPECT_EQ(prod.ca_file, "/home/op/ca.pem");
  EXPECT_EQ(contexts->Find("here")->token_file, "/etc/token");
}

TEST(ContextsTest, AFileThatIsMissingHasNone) {
  const auto contexts = Contexts::Load("/nowhere/contexts.yaml", "");
  ASSERT_TRUE(contexts.ok()) << contexts.status();
  EXPECT_TRUE(contexts->contexts.empty());
  EXPECT_EQ(std::string(contexts->Find("x").status().message()),
            "no context x: /nowhere/contexts.yaml contains no contexts");
}

TEST(ContextsTest, AMistakeIsNamedWithItsPlace) {
  struct Row {
    std::string text;
    std::string error;  // behind the file's name
  };
  for (const Row& row : std::vector<Row>{
           {"contexts:\n- {name: a b, chat: x}\n", ":2:10: contexts[0].name: must be 1 to 64 of A-Z a-z 0-9 . _ -"},
           {"contexts:\n- {name: a}\n", ":2:3: contexts[0]: must set chat or sidecar"},
           {"contexts:\n- {name: a, chat: x}\n- {name: a, chat: y}\n",
            ":3:10: contexts[1].name: \"a\": duplicate name"},
           {"contexts:\n- {name: a, chat: x, certificate_file: c}\n",
            ":2:3: contexts[0]: certificate_file and private_key_file must be set together"},
           {"current: b\ncontexts:\n- {name: a, chat: x}\n", ":1:10: current: \"b\": no context has this name"}}) {
    const std::string path = Path(row.text);
    EXPECT_EQ(std::string(Contexts::Load(path, "").status().message()), path + row.error);
  }
}

TEST(ContextsTest, TheFileIsWhereTheEnvironmentSays) {
  std::map<std::string, std::string, std::less<>> variables;
  const Environment environment = [&](std::string_view name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional(found->second);
  };
  EXPECT_EQ(ContextsPath(environment), "");
  variables["HOME"] = "/home/op";
  EXPECT_EQ(ContextsPath(environment), "/home/op/.config/viaduct/contexts.yaml");
  variables["XDG_CONFIG_HOME"] = "/cfg";
  EXPECT_EQ(ContextsPath(environment), "/cfg/viaduct/contexts.yaml");
  variables["VIADUCT_CONTEXTS"] = "/mine.yaml";
  EXPECT_EQ(ContextsPath(environment), "/mine.yaml");
}

}  // namespace
}  // namespace viaduct::ctl
