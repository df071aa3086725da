#include "ctl/context/context_list.h"

#include <cstdio>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "ctl/core/contexts.h"
#include "ctl/core/environment.h"
#include "ctl/output/print_message.h"
#include "ctl/output/print_table.h"
#include "ctl/output/text.h"
#include "ctl/output/value.h"

namespace viaduct::ctl {
namespace {

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

Outcome List(const Invocation& invocation) {
  const std::string path = ContextsPath(ProcessEnvironment);
  const absl::StatusOr<Contexts> contexts = Contexts::Load(path, ProcessEnvironment("HOME").value_or(""));
  if (!contexts.ok()) return UsageFailure(contexts.status());
  if (invocation.options.structured()) {
    Value list{.kind = Value::Kind::kList};
    for (const Context& context : contexts->contexts) {
      list.items.push_back(Value::Object({{"name", Value::Text(context.name)},
                                          {"current", Value::Bool(context.name == contexts->current)},
                                          {"chat", Value::Text(context.chat)},
                                          {"sidecar", Value::Text(context.sidecar)}}));
    }
    return PrintList(list, invocation.options.format);
  }
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
  return PrintTable(table, invocation.options.look());
}

}  // namespace

Command ContextListCommand() {
  return {
      .name = "context list",
      .summary = "Lists the contexts, which are named endpoints and credentials.",
      .details = "'viaductctl help' shows the format of the file.\n",
      .examples = "  viaductctl context list\n",
      .run = List,
  };
}

}  // namespace viaduct::ctl
