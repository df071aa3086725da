#include "ctl/chat/settings.h"

#include <google/protobuf/descriptor.h>

#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "ctl/core/client.h"
#include "ctl/output/print.h"
#include "ctl/output/print_message.h"
#include "ctl/output/table.h"
#include "ctl/output/text.h"
#include "text/number.h"

namespace viaduct::ctl {
namespace {

using admin::v1::ChatAdmin;
using admin::v1::Settings;
using google::protobuf::FieldDescriptor;

std::string ValueText(const Settings& settings, const FieldDescriptor& field) {
  const google::protobuf::Reflection& reflection = *settings.GetReflection();
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_BOOL:
      return reflection.GetBool(settings, &field) ? "true" : "false";
    case FieldDescriptor::CPPTYPE_INT32:
      return absl::StrCat(reflection.GetInt32(settings, &field));
    default:
      return absl::StrCat(reflection.GetInt64(settings, &field));
  }
}

// `target` is the chat whose settings were changed; "" if they were only asked for.
Outcome PrintSettings(const Settings& settings, const std::string& target, const GlobalOptions& options) {
  if (options.structured()) return PrintMessage(settings, options.format);
  std::vector<std::pair<std::string, std::string>> fields;
  if (!target.empty()) fields.emplace_back("set on", target);
  const google::protobuf::Descriptor& descriptor = *Settings::descriptor();
  for (int i = 0; i < descriptor.field_count(); ++i) {
    const FieldDescriptor& field = *descriptor.field(i);
    fields.emplace_back(field.name(), ValueText(settings, field));
  }
  return Print(RenderFields(fields, options.look()));
}

std::string Names() {
  std::string names;
  const google::protobuf::Descriptor& descriptor = *Settings::descriptor();
  for (int i = 0; i < descriptor.field_count(); ++i) {
    absl::StrAppend(&names, names.empty() ? "" : ", ", descriptor.field(i)->name());
  }
  return names;
}

// Puts `value` into the field. Returns false if it is not a value of the field's type.
bool SetValue(std::string_view value, const FieldDescriptor& field, Settings* settings) {
  const google::protobuf::Reflection& reflection = *settings->GetReflection();
  if (field.cpp_type() == FieldDescriptor::CPPTYPE_BOOL) {
    if (value != "true" && value != "false") return false;
    reflection.SetBool(settings, &field, value == "true");
    return true;
  }
  std::int64_t number = 0;
  if (!text::ReadNumber(value, &number) || number < 0) return false;
  if (field.cpp_type() == FieldDescriptor::CPPTYPE_INT64) {
    reflection.SetInt64(settings, &field, number);
    return true;
  }
  if (number > std::numeric_limits<std::int32_t>::max()) return false;
  reflection.SetInt32(settings, &field, static_cast<std::int32_t>(number));
  return true;
}

Outcome ReadSetting(const std::string& text, admin::v1::UpdateSettingsRequest* request) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos) {
    return Failure{ExitCode::kUsage, absl::StrCat("\"", Escape(text), "\": expected NAME=VALUE")};
  }
  const std::string name = text.substr(0, equals);
  const FieldDescriptor* field = Settings::descriptor()->FindFieldByName(name);
  if (field == nullptr) {
    return Failure{ExitCode::kUsage, absl::StrCat("unknown setting ", Escape(name), ": the settings are ", Names())};
  }
  if (!SetValue(std::string_view(text).substr(equals + 1), *field, request->mutable_settings())) {
    const bool is_bool = field->cpp_type() == FieldDescriptor::CPPTYPE_BOOL;
    return Failure{ExitCode::kUsage, absl::StrCat(name, " \"", Escape(text.substr(equals + 1)), "\": expected ",
                                                  is_bool ? "true or false" : "a whole number")};
  }
  request->mutable_update_mask()->add_paths(name);
  return std::nullopt;
}

Outcome Get(const Invocation& invocation, Client& client) {
  Settings settings;
  const Outcome called =
      client.Call(client.chat(), &ChatAdmin::Stub::GetSettings, admin::v1::GetSettingsRequest(), settings);
  return called ? called : PrintSettings(settings, "", invocation.options);
}

Outcome Set(const Invocation& invocation, Client& client) {
  admin::v1::UpdateSettingsRequest request;
  for (const std::string& text : invocation.arguments) {
    if (const Outcome read = ReadSetting(text, &request)) return read;
  }
  Settings settings;
  const Outcome called = client.Call(client.chat(), &ChatAdmin::Stub::UpdateSettings, request, settings);
  return called ? called : PrintSettings(settings, client.target(), invocation.options);
}

}  // namespace

Command SettingsGetCommand() {
  return {
      .name = "settings get",
      .calls = Calls::kChat,
      .summary = "Shows the limits that can be changed while the chat runs.",
      .examples = "  viaductctl settings get\n",
      .call = Get,
  };
}

Command SettingsSetCommand() {
  return {
      .name = "settings set",
      .arguments = "NAME=VALUE...",
      .min_arguments = 1,
      .max_arguments = 16,
      .calls = Calls::kChat,
      .summary = "Changes these limits until the chat restarts.",
      .details = "'settings get' shows the names. Either all the changes take effect or none.\n",
      .examples =
          "  viaductctl settings set max_connections=5000\n"
          "  viaductctl settings set log_messages=false max_room_clients=200\n",
      .call = Set,
  };
}

}  // namespace viaduct::ctl
