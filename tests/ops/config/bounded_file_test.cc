#include "ops/config/bounded_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <string>
#include <string_view>

namespace viaduct::ops {
namespace {

std::string FileOf(std::string_view name, std::string_view text) {
  const std::string path = testing::TempDir() + std::string(name);
  std::ofstream(path, std::ios::binary) << text;
  return path;
}

std::string ErrorOf(const std::string& path, std::size_t max_bytes = 100) {
  return std::string(ReadBoundedFile(path, max_bytes).status().message());
}

TEST(BoundedFileTest, ReadsAFileToItsEnd) {
  EXPECT_EQ(ReadBoundedFile(FileOf("empty", ""), 0).value(), "");
  const std::string text(300'000, 'x');
  EXPECT_EQ(ReadBoundedFile(FileOf("long", text), text.size()).value(), text);
}

TEST(BoundedFileTest, OneByteMoreThanAllowedIsAnError) {
  const std::string path = FileOf("large", std::string(101, 'x'));
  EXPECT_EQ(ErrorOf(path), "\"" + path + "\": is larger than 100 bytes");
  const std::string larger = FileOf("larger", std::string((64 << 10) + 1, 'x'));
  EXPECT_EQ(ErrorOf(larger, 64 << 10), "\"" + larger + "\": is larger than 64 KiB");
}

TEST(BoundedFileTest, AMissingFileIsNotFound) {
  EXPECT_EQ(ReadBoundedFile("no/such/file", 1).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(ErrorOf("no/such/file"), R"("no/such/file": cannot be read: No such file or directory)");
  // What is taken for a path may be a secret in a wrong place.
  EXPECT_EQ(ReadSecretFile("no/such/file", 1).status().message(), "cannot be read: No such file or directory");
  EXPECT_EQ(ReadSecretFile(std::string(300, 's'), 1).status().message(), "cannot be read: File name too long");
  EXPECT_EQ(ReadSecretCredentialFile("no/such/file").status().message(), "cannot be read: No such file or directory");
}

// Opening a pipe would wait for its writer, and reading a device might never end.
TEST(BoundedFileTest, NothingButARegularFileIsRead) {
  EXPECT_EQ(ErrorOf("/"), R"("/": is not a regular file)");
  EXPECT_EQ(ErrorOf("/dev/zero"), R"("/dev/zero": is not a regular file)");
  const std::string pipe = testing::TempDir() + "pipe";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_EQ(ErrorOf(pipe), "\"" + pipe + "\": is not a regular file");
}

TEST(CredentialFileTest, AnEmptyFileIsNoCredential) {
  EXPECT_EQ(ReadCredentialFile(FileOf("key", "secret\n")).value(), "secret\n");
  const std::string empty = FileOf("nothing", "");
  EXPECT_EQ(ReadCredentialFile(empty).status().message(), "\"" + empty + "\": is empty");
  EXPECT_EQ(ReadSecretCredentialFile(empty).status().message(), "\"" + empty + "\": is empty");
  const std::string large = FileOf("much", std::string((1 << 20) + 1, 'x'));
  EXPECT_EQ(ReadCredentialFile(large).status().message(), "\"" + large + "\": is larger than 1 MiB");
}

}  // namespace
}  // namespace viaduct::ops
