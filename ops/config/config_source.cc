#include "ops/config/config_source.h"

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "ops/config/bounded_file.h"
#include "ops/config/yaml_tree.h"

namespace viaduct::ops {
namespace {

constexpr std::string_view kEnvironment = "env:";

// More than YamlTree accepts, so that it reports its own limit.
constexpr std::size_t kMaxRegularBytes = 2 * YamlTree::kMaxBytes;

// Reads until the end, or enough to show that the text is too long.
absl::StatusOr<std::string> ReadAll(std::FILE* file, const std::string& name) {
  std::string text(YamlTree::kMaxBytes + 1, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), file));
  if (std::ferror(file) != 0) return absl::ErrnoToStatus(errno, absl::StrCat(name, ": cannot be read"));
  return text;
}

// Unlike ReadBoundedFile it accepts a pipe, because the config may come from another command.
absl::StatusOr<std::string> ReadAnyFile(const std::string& path) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "re"), &std::fclose);
  if (file == nullptr) return absl::ErrnoToStatus(errno, absl::StrCat(path, ": cannot be read"));
  return ReadAll(file.get(), path);
}

// The names that a shell can set; POSIX.1-2017, section 3.235.
bool IsVariable(std::string_view name) {
  const auto is_name_char = [](char c) { return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_'; };
  return !name.empty() && !absl::ascii_isdigit(static_cast<unsigned char>(name.front())) &&
         std::all_of(name.begin(), name.end(), is_name_char);
}

absl::StatusOr<std::string> ReadVariable(const std::string& variable, const std::string& name) {
  if (!IsVariable(variable)) {
    return absl::InvalidArgumentError(absl::StrCat(name, ": not the name of an environment variable after \"env:\""));
  }
  const char* const value = std::getenv(variable.c_str());
  if (value == nullptr) return absl::NotFoundError(absl::StrCat(name, ": the environment variable is not set"));
  return std::string(value);
}

}  // namespace

ConfigSource::ConfigSource(std::string argument) : argument_(std::move(argument)), name_(argument_) {
  if (argument_ == "-") {
    kind_ = Kind::kStandardInput;
    name_ = "standard input";
  } else if (std::string_view(argument_).starts_with(kEnvironment)) {
    kind_ = Kind::kEnvironment;
  } else {
    kind_ = Kind::kFile;
  }
}

absl::StatusOr<std::string> ConfigSource::Read(Files files) {
  if (kind_ == Kind::kFile) {
    return files == Files::kAny ? ReadAnyFile(argument_) : ReadBoundedFile(argument_, kMaxRegularBytes);
  }
  if (kept_.has_value()) return *kept_;
  absl::StatusOr<std::string> text = kind_ == Kind::kStandardInput
                                         ? ReadAll(stdin, name_)
                                         : ReadVariable(argument_.substr(kEnvironment.size()), name_);
  if (text.ok()) kept_ = *text;
  return text;
}

std::vector<std::string> ConfigSource::files() const {
  return kind_ == Kind::kFile ? std::vector<std::string>{argument_} : std::vector<std::string>();
}

}  // namespace viaduct::ops
