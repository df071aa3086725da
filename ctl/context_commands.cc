// The commands about the operator's own file of contexts.
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "ctl/commands.h"
#include "ctl/core/contexts.h"
#include "ctl/output/print.h"
#include "ctl/output/table.h"
#include "ctl/output/text.h"

namespace viaduct::ctl {
namespace {

std::optional<std::string> FromEnvironment(std::string_view name) {
  const char* value = std::getenv(std::string(name).c_str());
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

std::string Home() { return FromEnvironment("HOME").value_or(""); }

std::string Credentials(const Context& context) {
  std::string text;
  const auto add = [&text](const std::string& file, const char* what) {
    if (!file.empty()) absl::StrAppend(&text, text.empty() ? "" : ", ", what);
  };
  add(context.token_file, "token");
  add(context.certificate_file, "certificate");
  add(context.ca_file, "TLS");
  return text;
}

}  // namespace

Outcome ListContexts(const CommandLine& line) {
  const std::string path = ContextsPath(FromEnvironment);
  const absl::StatusOr<Contexts> contexts = Contexts::Load(path, Home());
  if (!contexts.ok()) return Failure{ExitCode::kUsage, absl::StrCat(contexts.status().message())};
  if (contexts->contexts.empty()) {
    std::fprintf(stderr, "no contexts in %s\n", Escape(path).c_str());
    return std::nullopt;
  }
  Table table({{.header = "NAME"},
               {.header = "CURRENT"},
               {.header = "CHAT", .min_width = 12},
               {.header = "SIDECAR", .min_width = 12, .drop_order = 2},
               {.header = "CREDENTIALS", .drop_order = 1}});
  for (const Context& context : contexts->contexts) {
    table.AddRow({context.name, context.name == contexts->current ? "*" : "", context.chat, context.sidecar,
                  Credentials(context)});
  }
  return Print(
      table.Render(TerminalWidth(), line.options.no_headers ? Table::Headers::kHidden : Table::Headers::kShown));
}

Outcome UseContext(const CommandLine& line) {
  const std::string& name = line.arguments[0];
  const absl::Status used = UseContext(ContextsPath(FromEnvironment), Home(), name);
  if (!used.ok()) return Failure{ExitCode::kUsage, absl::StrCat(used.message())};
  return Print(absl::StrCat("commands go to ", name, " now\n"));
}

}  // namespace viaduct::ctl
