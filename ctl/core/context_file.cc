#include "ctl/core/context_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <optional>
#include <sstream>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "api/ctl/v1/contexts.pb.h"
#include "ctl/output/text.h"
#include "ctl/output/value.h"
#include "ops/config/config_file.h"

namespace viaduct::ctl {
namespace {

constexpr std::size_t kMaxFileBytes = 1 << 20;

using Lines = std::vector<std::string>;

bool Exists(const std::string& path) {
  struct stat info;
  return ::stat(path.c_str(), &info) == 0;
}

absl::Status Replace(const std::string& path, const std::string& text) {
  // If `path` is a link, the new file is written beside its target, so that a rename replaces the target.
  char* const real = ::realpath(path.c_str(), nullptr);
  const std::string target = real == nullptr ? path : real;
  std::free(real);
  struct stat info;
  const mode_t mode = ::stat(target.c_str(), &info) == 0 ? info.st_mode & 07777 : 0600;
  std::string temporary = target + ".XXXXXX";
  const int fd = ::mkstemp(temporary.data());
  const bool written =
      fd >= 0 && ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()) && ::fchmod(fd, mode) == 0;
  const int error = errno;
  if (fd >= 0) ::close(fd);
  if (written && ::rename(temporary.c_str(), target.c_str()) == 0) return absl::OkStatus();
  const int cause = written ? errno : error;
  if (fd >= 0) ::unlink(temporary.c_str());
  return absl::PermissionDeniedError(absl::StrCat("cannot write ", Escape(path), ": ", std::strerror(cause)));
}

// Creates the folders above `path` that are missing, for their owner only.
absl::Status MakeFolders(const std::string& path) {
  for (std::size_t slash = path.find('/', 1); slash != std::string::npos; slash = path.find('/', slash + 1)) {
    const std::string folder = path.substr(0, slash);
    if (Exists(folder) || ::mkdir(folder.c_str(), 0700) == 0) continue;
    return absl::PermissionDeniedError(
        absl::StrCat("cannot make the folder ", Escape(folder), ": ", std::strerror(errno)));
  }
  return absl::OkStatus();
}

// Returns the file's lines, each with its line end but perhaps the last.
absl::StatusOr<Lines> ReadLines(const std::string& path) {
  std::ifstream input(path, std::ios::binary);
  std::ostringstream read;
  read << input.rdbuf();
  const std::string text = read.str();
  if (!input || text.size() > kMaxFileBytes) {
    return absl::PermissionDeniedError(absl::StrCat("cannot read ", Escape(path)));
  }
  Lines lines;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size() - 1) + 1;
    lines.push_back(text.substr(begin, end - begin));
    begin = end;
  }
  return lines;
}

// True if `line` is the field of this name at the left margin.
bool IsField(std::string_view line, std::string_view name) {
  if (!line.starts_with(name)) return false;
  line.remove_prefix(name.size());
  return line.starts_with(':') || line.starts_with(" :");
}

// Returns the line of this field, or the end.
template <typename AnyLines>
auto FindField(AnyLines* lines, std::string_view name) {
  return std::find_if(lines->begin(), lines->end(), [name](const std::string& line) { return IsField(line, name); });
}

bool IsBlankOrComment(std::string_view line) {
  const std::size_t begin = line.find_first_not_of(" \t\r\n");
  return begin == std::string_view::npos || line[begin] == '#';
}

// The list of contexts as lines: where its items begin, where it ends, and the indentation of its dashes.
struct ItemLines {
  std::vector<std::size_t> begins;
  std::size_t end = 0;
  std::string indent;
};

// Returns nullopt if there is no "contexts:" with items in block style.
std::optional<ItemLines> FindItems(const Lines& lines) {
  const auto field = FindField(&lines, "contexts");
  if (field == lines.end()) return std::nullopt;
  ItemLines items;
  for (std::size_t i = static_cast<std::size_t>(field - lines.begin()) + 1; i < lines.size(); ++i) {
    const std::string& line = lines[i];
    if (IsBlankOrComment(line)) continue;
    const std::size_t indent = line.find_first_not_of(' ');
    const bool dash = line.compare(indent, 2, "- ") == 0;
    if (items.begins.empty()) {
      if (!dash) return std::nullopt;
      items.indent.assign(indent, ' ');
    }
    if (dash && indent == items.indent.size()) {
      items.begins.push_back(i);
    } else if (indent <= items.indent.size()) {
      break;
    }
    items.end = i + 1;
  }
  if (items.begins.empty()) return std::nullopt;
  return items;
}

absl::Status ByHand(const std::string& path, std::string_view what) {
  return absl::FailedPreconditionError(
      absl::StrCat("cannot ", std::string(what), " of ", Escape(path), ": edit it by hand"));
}

// Writes `lines` if they are a file with these contexts and this current one; a line may have meant something else than
// it seemed to.
absl::Status Write(const std::string& path, const std::string& home, const Lines& lines,
                   const std::vector<std::string>& names, std::string_view current, std::string_view what) {
  const std::string text = absl::StrJoin(lines, "");
  ctl::v1::Contexts proto;
  const absl::StatusOr<ops::ConfigFile> parsed = ops::ConfigFile::Parse(path, text, &proto);
  if (!parsed.ok()) return ByHand(path, what);
  std::vector<std::string> found;
  for (const ctl::v1::Context& context : proto.contexts()) found.push_back(context.name());
  if (found != names || proto.current() != current) return ByHand(path, what);
  if (absl::Status replaced = Replace(path, text); !replaced.ok()) return replaced;
  return Contexts::Load(path, home).status();
}

std::vector<std::string> NamesOf(const Contexts& contexts) {
  std::vector<std::string> names;
  for (const Context& context : contexts.contexts) names.push_back(context.name);
  return names;
}

std::string ItemText(const Context& context, const std::string& indent) {
  std::string text;
  const auto add = [&](const char* field, const std::string& value) {
    if (value.empty()) return;
    absl::StrAppend(&text, indent, text.empty() ? "- " : "  ", field, ": ", Value::Text(value).scalar, "\n");
  };
  add("name", context.name);
  add("chat", context.chat);
  add("sidecar", context.sidecar);
  add("token_file", context.token_file);
  add("ca_file", context.ca_file);
  add("certificate_file", context.certificate_file);
  add("private_key_file", context.private_key_file);
  return text;
}

}  // namespace

absl::Status UseContext(const std::string& path, const std::string& home, std::string_view name) {
  const absl::StatusOr<Contexts> contexts = Contexts::Load(path, home);
  if (!contexts.ok()) return contexts.status();
  if (const absl::StatusOr<Context> found = contexts->Find(name); !found.ok()) return found.status();
  absl::StatusOr<Lines> lines = ReadLines(path);
  if (!lines.ok()) return lines.status();
  const std::string line = absl::StrCat("current: ", std::string(name), "\n");
  const auto old = FindField(&*lines, "current");
  if (old == lines->end()) {
    lines->insert(lines->begin(), line);
  } else {
    *old = line;
  }
  return Write(path, home, *lines, NamesOf(*contexts), name, "set the line \"current:\"");
}

absl::Status AddContext(const std::string& path, const std::string& home, const Context& context) {
  if (path.empty())
    return absl::FailedPreconditionError("no place for the contexts file: set VIADUCT_CONTEXTS or HOME");
  const absl::StatusOr<Contexts> contexts = Contexts::Load(path, home);
  if (!contexts.ok()) return contexts.status();
  if (contexts->Find(context.name).ok()) {
    return absl::AlreadyExistsError(
        absl::StrCat("there is a context ", Escape(context.name), " already: remove it first"));
  }
  Lines lines;
  if (Exists(path)) {
    absl::StatusOr<Lines> read = ReadLines(path);
    if (!read.ok()) return read.status();
    lines = *std::move(read);
  } else if (absl::Status made = MakeFolders(path); !made.ok()) {
    return made;
  }
  if (!lines.empty() && !lines.back().ends_with('\n')) lines.back() += "\n";
  const std::optional<ItemLines> items = FindItems(lines);
  if (items) {
    lines.insert(lines.begin() + static_cast<std::ptrdiff_t>(items->end), ItemText(context, items->indent));
  } else if (contexts->contexts.empty()) {
    std::erase_if(lines, [](const std::string& line) { return IsField(line, "contexts"); });
    lines.push_back("contexts:\n" + ItemText(context, ""));
  }
  std::vector<std::string> names = NamesOf(*contexts);
  names.push_back(context.name);
  return Write(path, home, lines, names, contexts->current, "add to the list \"contexts:\"");
}

absl::Status RemoveContext(const std::string& path, const std::string& home, std::string_view name) {
  const absl::StatusOr<Contexts> contexts = Contexts::Load(path, home);
  if (!contexts.ok()) return contexts.status();
  if (const absl::StatusOr<Context> found = contexts->Find(name); !found.ok()) return found.status();
  absl::StatusOr<Lines> lines = ReadLines(path);
  if (!lines.ok()) return lines.status();
  std::vector<std::string> names = NamesOf(*contexts);
  const auto place = std::find(names.begin(), names.end(), name);
  const std::size_t index = static_cast<std::size_t>(place - names.begin());
  names.erase(place);
  const std::optional<ItemLines> items = FindItems(*lines);
  constexpr std::string_view kWhat = "remove from the list \"contexts:\"";
  if (!items || items->begins.size() != contexts->contexts.size()) return ByHand(path, kWhat);
  const std::size_t begin = items->begins[index];
  const std::size_t end = index + 1 < items->begins.size() ? items->begins[index + 1] : items->end;
  lines->erase(lines->begin() + static_cast<std::ptrdiff_t>(begin), lines->begin() + static_cast<std::ptrdiff_t>(end));
  // A field without a value is no list.
  if (names.empty()) *FindField(&*lines, "contexts") = "contexts: []\n";
  std::string current = contexts->current;
  if (current == name) {
    current.clear();
    std::erase_if(*lines, [](const std::string& line) { return IsField(line, "current"); });
  }
  return Write(path, home, *lines, names, current, kWhat);
}

}  // namespace viaduct::ctl
