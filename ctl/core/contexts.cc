#include "ctl/core/contexts.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "api/ctl/v1/contexts.pb.h"
#include "ctl/output/text.h"
#include "ops/config/config_file.h"
#include "text/spelling.h"

namespace viaduct::ctl {
namespace {

constexpr std::size_t kMaxNameBytes = 64;
constexpr std::size_t kMaxFileBytes = 1 << 20;

bool IsName(std::string_view text) {
  return !text.empty() && text.size() <= kMaxNameBytes && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
           c == '-';
  });
}

bool Exists(const std::string& path) {
  struct stat info;
  return ::stat(path.c_str(), &info) == 0;
}

// Resolves a path of the file, relative to the file's folder.
std::string Resolved(const std::string& path, const std::string& file, const std::string& home) {
  if (path.empty() || path.starts_with('/')) return path;
  if (path.starts_with("~/")) return home + path.substr(1);
  const std::size_t slash = file.rfind('/');
  return slash == std::string::npos ? path : file.substr(0, slash + 1) + path;
}

absl::Status CheckContext(const ctl::v1::Context& context, const std::string& field, const Contexts& before) {
  const auto invalid = [&field](const char* member, const std::string& rule) {
    return absl::InvalidArgumentError(absl::StrCat(field, member, ": ", rule));
  };
  if (!IsName(context.name())) return invalid(".name", "must be 1 to 64 of A-Z a-z 0-9 . _ -");
  const bool known = std::any_of(before.contexts.begin(), before.contexts.end(),
                                 [&context](const Context& other) { return other.name == context.name(); });
  if (known) return invalid(".name", absl::StrCat("\"", context.name(), "\": duplicate name"));
  if (context.chat().empty() && context.sidecar().empty()) return invalid("", "must set chat or sidecar");
  if (context.certificate_file().empty() != context.private_key_file().empty()) {
    return invalid("", "certificate_file and private_key_file must be set together");
  }
  return absl::OkStatus();
}

// True if `line` sets the current context.
bool IsCurrentLine(std::string_view line) { return line.starts_with("current:") || line.starts_with("current :"); }

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

}  // namespace

absl::StatusOr<Contexts> Contexts::Load(const std::string& path, const std::string& home) {
  Contexts contexts{.path = path, .current = "", .contexts = {}};
  if (path.empty() || !Exists(path)) return contexts;
  ctl::v1::Contexts proto;
  const absl::StatusOr<ops::ConfigFile> file = ops::ConfigFile::Load(path, &proto);
  if (!file.ok()) return file.status();
  for (int i = 0; i < proto.contexts_size(); ++i) {
    const ctl::v1::Context& context = proto.contexts(i);
    if (absl::Status status = CheckContext(context, absl::StrCat("contexts[", i, "]"), contexts); !status.ok()) {
      return file->Locate(status);
    }
    const auto resolved = [&](const std::string& text) { return Resolved(text, path, home); };
    contexts.contexts.push_back({.name = context.name(),
                                 .chat = context.chat(),
                                 .sidecar = context.sidecar(),
                                 .token_file = resolved(context.token_file()),
                                 .ca_file = resolved(context.ca_file()),
                                 .certificate_file = resolved(context.certificate_file()),
                                 .private_key_file = resolved(context.private_key_file())});
  }
  contexts.current = proto.current();
  if (contexts.current.empty()) return contexts;
  const absl::StatusOr<Context> current = contexts.Find(contexts.current);
  if (!current.ok()) {
    return file->Locate(absl::InvalidArgumentError(
        absl::StrCat("current: \"", Escape(contexts.current), "\": no context has this name")));
  }
  return contexts;
}

absl::StatusOr<Context> Contexts::Find(std::string_view name) const {
  std::vector<std::string_view> names;
  for (const Context& context : contexts) {
    if (context.name == name) return context;
    names.push_back(context.name);
  }
  std::string message = absl::StrCat("no context ", Escape(name));
  if (contexts.empty()) return absl::NotFoundError(absl::StrCat(message, ": ", Escape(path), " contains no contexts"));
  const std::string_view closest = text::ClosestName(name, names);
  if (!closest.empty()) return absl::NotFoundError(absl::StrCat(message, ": did you mean ", std::string(closest), "?"));
  return absl::NotFoundError(absl::StrCat(message, ": 'viaductctl context list' lists the contexts in ", Escape(path)));
}

absl::Status UseContext(const std::string& path, const std::string& home, std::string_view name) {
  const absl::StatusOr<Contexts> contexts = Contexts::Load(path, home);
  if (!contexts.ok()) return contexts.status();
  if (const absl::StatusOr<Context> found = contexts->Find(name); !found.ok()) return found.status();
  std::ifstream input(path, std::ios::binary);
  std::ostringstream read;
  read << input.rdbuf();
  const std::string text = read.str();
  if (!input || text.size() > kMaxFileBytes) {
    return absl::PermissionDeniedError(absl::StrCat("cannot read ", Escape(path)));
  }
  const std::string line = absl::StrCat("current: ", std::string(name), "\n");
  std::string changed;
  bool placed = false;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size() - 1) + 1;
    const std::string_view old = std::string_view(text).substr(begin, end - begin);
    changed += !placed && IsCurrentLine(old) ? line : std::string(old);
    placed = placed || IsCurrentLine(old);
    begin = end;
  }
  const std::string replaced = placed ? changed : line + text;
  // Writes the text only if it has the new current context and as many contexts as before.
  ctl::v1::Contexts proto;
  const absl::StatusOr<ops::ConfigFile> parsed = ops::ConfigFile::Parse(path, replaced, &proto);
  if (!parsed.ok() || proto.current() != name || proto.contexts_size() != static_cast<int>(contexts->contexts.size())) {
    return absl::FailedPreconditionError(
        absl::StrCat("cannot set the line \"current:\" of ", Escape(path), ": edit it by hand"));
  }
  return Replace(path, replaced);
}

std::string ContextsPath(const Environment& environment) {
  const auto set = [&environment](std::string_view name) { return environment(name).value_or(""); };
  if (std::string path = set("VIADUCT_CONTEXTS"); !path.empty()) return path;
  if (const std::string folder = set("XDG_CONFIG_HOME"); !folder.empty()) return folder + "/viaduct/contexts.yaml";
  const std::string home = set("HOME");
  return home.empty() ? "" : home + "/.config/viaduct/contexts.yaml";
}

}  // namespace viaduct::ctl
