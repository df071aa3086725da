#include "ctl/output/file.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <string>

namespace viaduct::ctl {
namespace {

std::string WriteFile(const std::string& name, const std::string& content) {
  const std::string path = std::string(std::getenv("TEST_TMPDIR")) + "/" + name;
  std::ofstream(path, std::ios::binary) << content;
  return path;
}

TEST(FileTest, TheWholeContentIsRead) {
  const std::string content(200'000, '\0');
  const absl::StatusOr<std::string> read = ReadInput(WriteFile("zeros", content), 200'000);
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(*read, content);
  EXPECT_EQ(*ReadInput(WriteFile("empty", ""), 1), "");
}

TEST(FileTest, OneByteMoreThanTheLimitIsAnError) {
  const std::string path = WriteFile("four", "1234");
  EXPECT_TRUE(ReadInput(path, 4).ok());
  EXPECT_EQ(std::string(ReadInput(path, 3).status().message()), path + " has more than 3 bytes");
}

TEST(FileTest, AnEndlessFileIsNotReadToItsEnd) { EXPECT_FALSE(ReadInput("/dev/zero", 1'000'000).ok()); }

TEST(FileTest, AMissingFileAndADirectoryAreNamed) {
  EXPECT_EQ(std::string(ReadInput("no/such\x1b", 1).status().message()),
            "cannot read no/such\\x1b: No such file or directory");
  EXPECT_EQ(std::string(ReadInput("/", 1).status().message()), "cannot read /: Is a directory");
}

}  // namespace
}  // namespace viaduct::ctl
