#include "ctl/core/contexts.h"

#include <sys/stat.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "api/ctl/v1/contexts.pb.h"
#include "ctl/output/text.h"
#include "ops/config/config_file.h"
#include "text/spelling.h"

namespace viaduct::ctl {
namespace {

constexpr std::size_t kMaxNameBytes = 64;

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

absl::Status CheckContextName(std::string_view name) {
  if (IsName(name)) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("context name \"", Escape(name), "\": must be 1 to 64 of A-Z a-z 0-9 . _ -"));
}

std::string ContextsPath(const Environment& environment) {
  const auto set = [&environment](std::string_view name) { return environment(name).value_or(""); };
  if (std::string path = set("VIADUCT_CONTEXTS"); !path.empty()) return path;
  if (const std::string folder = set("XDG_CONFIG_HOME"); !folder.empty()) return folder + "/viaduct/contexts.yaml";
  const std::string home = set("HOME");
  return home.empty() ? "" : home + "/.config/viaduct/contexts.yaml";
}

}  // namespace viaduct::ctl
