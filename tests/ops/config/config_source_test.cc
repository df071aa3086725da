#include "ops/config/config_source.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace viaduct::ops {
namespace {

using Files = ConfigSource::Files;

std::string Write(const std::string& name, const std::string& text) {
  const std::string path = testing::TempDir() + "/" + name;
  std::ofstream(path) << text;
  return path;
}

TEST(ConfigSourceTest, ReadsAFileAnewEachTime) {
  const std::string path = Write("a.yaml", "one");
  ConfigSource source(path);
  EXPECT_EQ(source.name(), path);
  EXPECT_EQ(source.files(), std::vector{path});
  EXPECT_EQ(source.Read(Files::kRegular).value(), "one");
  Write("a.yaml", "two");
  EXPECT_EQ(source.Read(Files::kRegular).value(), "two");
}

TEST(ConfigSourceTest, ReadsAVariableOnce) {
  ASSERT_EQ(setenv("VIADUCT_TEST_CONFIG", "listen: \"${HOME}\"\n", 1), 0);
  ConfigSource source("env:VIADUCT_TEST_CONFIG");
  EXPECT_EQ(source.name(), "env:VIADUCT_TEST_CONFIG");
  EXPECT_TRUE(source.files().empty());
  EXPECT_EQ(source.Read(Files::kRegular).value(), "listen: \"${HOME}\"\n");
  ASSERT_EQ(unsetenv("VIADUCT_TEST_CONFIG"), 0);
  EXPECT_EQ(source.Read(Files::kRegular).value(), "listen: \"${HOME}\"\n");
}

TEST(ConfigSourceTest, TellsAMissingVariableFromAnEmptyOne) {
  ASSERT_EQ(setenv("VIADUCT_TEST_EMPTY", "", 1), 0);
  EXPECT_EQ(ConfigSource("env:VIADUCT_TEST_EMPTY").Read(Files::kAny).value(), "");
  EXPECT_EQ(ConfigSource("env:VIADUCT_TEST_MISSING").Read(Files::kAny).status().message(),
            "env:VIADUCT_TEST_MISSING: the environment variable is not set");
}

TEST(ConfigSourceTest, RefusesWhatIsNoVariable) {
  for (const char* const argument : {"env:", "env:1A", "env:A-B", "env:A=1", "env:/etc/a.yaml"}) {
    EXPECT_EQ(ConfigSource(argument).Read(Files::kAny).status().message(),
              std::string(argument) + ": not the name of an environment variable after \"env:\"");
  }
}

TEST(ConfigSourceTest, ReadsStandardInputOnce) {
  std::array<int, 2> ends;
  ASSERT_EQ(pipe(ends.data()), 0);
  ASSERT_EQ(write(ends[1], "text: a\n", 8), 8);
  close(ends[1]);
  ASSERT_EQ(dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
  close(ends[0]);
  ConfigSource source("-");
  EXPECT_EQ(source.name(), "standard input");
  EXPECT_TRUE(source.files().empty());
  EXPECT_EQ(source.Read(Files::kRegular).value(), "text: a\n");
  EXPECT_EQ(source.Read(Files::kRegular).value(), "text: a\n");
}

TEST(ConfigSourceTest, ReadsFilesWithSuchNamesByTheirPath) {
  const std::string path = Write("env:HOME", "a file");
  EXPECT_EQ(ConfigSource(path).Read(Files::kRegular).value(), "a file");
}

TEST(ConfigSourceTest, ReadsAPipeOnlyIfAllowed) {
  std::array<int, 2> ends;
  ASSERT_EQ(pipe(ends.data()), 0);
  ASSERT_EQ(write(ends[1], "piped", 5), 5);
  close(ends[1]);
  const std::string path = "/dev/fd/" + std::to_string(ends[0]);
  EXPECT_FALSE(ConfigSource(path).Read(Files::kRegular).ok());
  EXPECT_EQ(ConfigSource(path).Read(Files::kAny).value(), "piped");
  close(ends[0]);
}

}  // namespace
}  // namespace viaduct::ops
