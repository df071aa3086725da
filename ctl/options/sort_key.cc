#include "ctl/options/sort_key.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "ctl/output/text.h"
#include "text/spelling.h"

namespace viaduct::ctl {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using Path = std::vector<const FieldDescriptor*>;

// Durations and timestamps are values, though they are messages.
bool IsTime(const Descriptor& descriptor) {
  return descriptor.full_name() == "google.protobuf.Timestamp" || descriptor.full_name() == "google.protobuf.Duration";
}

bool IsMessage(const FieldDescriptor& field) {
  return field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE && !IsTime(*field.message_type());
}

// Adds the fields that a list can be sorted by, under their names.
void AddFields(const Descriptor& descriptor, const std::string& prefix, const Path& path,
               std::map<std::string, Path>* fields) {
  for (int i = 0; i < descriptor.field_count(); ++i) {
    const FieldDescriptor& field = *descriptor.field(i);
    if (field.is_repeated()) continue;
    Path here = path;
    here.push_back(&field);
    if (IsMessage(field)) {
      AddFields(*field.message_type(), absl::StrCat(prefix, field.name(), "."), here, fields);
    } else {
      fields->emplace(absl::StrCat(prefix, field.name()), std::move(here));
    }
  }
}

std::map<std::string, Path> FieldsOf(const Descriptor& descriptor) {
  std::map<std::string, Path> fields;
  AddFields(descriptor, "", {}, &fields);
  return fields;
}

template <typename Compared>
int Sign(const Compared& a, const Compared& b) {
  return a < b ? -1 : b < a ? 1 : 0;
}

std::pair<std::int64_t, std::int64_t> TimeOf(const Message& time) {
  const google::protobuf::Reflection& reflection = *time.GetReflection();
  const Descriptor& descriptor = *time.GetDescriptor();
  return {reflection.GetInt64(time, descriptor.FindFieldByName("seconds")),
          reflection.GetInt32(time, descriptor.FindFieldByName("nanos"))};
}

int CompareField(const Message& a, const Message& b, const FieldDescriptor& field) {
  const google::protobuf::Reflection& reflection = *a.GetReflection();
  const auto sign = [&](auto get) { return Sign((reflection.*get)(a, &field), (reflection.*get)(b, &field)); };
  using google::protobuf::Reflection;
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_BOOL:
      return sign(&Reflection::GetBool);
    case FieldDescriptor::CPPTYPE_INT32:
      return sign(&Reflection::GetInt32);
    case FieldDescriptor::CPPTYPE_INT64:
      return sign(&Reflection::GetInt64);
    case FieldDescriptor::CPPTYPE_UINT32:
      return sign(&Reflection::GetUInt32);
    case FieldDescriptor::CPPTYPE_UINT64:
      return sign(&Reflection::GetUInt64);
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return sign(&Reflection::GetDouble);
    case FieldDescriptor::CPPTYPE_FLOAT:
      return sign(&Reflection::GetFloat);
    case FieldDescriptor::CPPTYPE_ENUM:
      return sign(&Reflection::GetEnumValue);
    case FieldDescriptor::CPPTYPE_STRING:
      return sign(&Reflection::GetString);
    case FieldDescriptor::CPPTYPE_MESSAGE: {
      const int set = Sign(reflection.HasField(a, &field), reflection.HasField(b, &field));
      if (set != 0) return set;
      return Sign(TimeOf(reflection.GetMessage(a, &field)), TimeOf(reflection.GetMessage(b, &field)));
    }
  }
  return 0;
}

}  // namespace

absl::StatusOr<SortKey> SortKey::Create(const Descriptor& descriptor, std::string_view text) {
  SortKey key;
  std::string_view name = text;
  key.descending_ = name.starts_with('-');
  if (key.descending_) name.remove_prefix(1);
  const std::map<std::string, Path> fields = FieldsOf(descriptor);
  const auto found = fields.find(std::string(name));
  if (found != fields.end()) {
    key.path_ = found->second;
    return key;
  }
  std::vector<std::string_view> names;
  for (const auto& [known, path] : fields) names.push_back(known);
  const std::string message = absl::StrCat("--sort \"", Escape(text), "\": unknown field: ");
  const std::string_view closest = text::ClosestName(name, names);
  if (!closest.empty())
    return absl::InvalidArgumentError(absl::StrCat(message, "did you mean ", std::string(closest), "?"));
  std::vector<std::string> all(names.begin(), names.end());
  return absl::InvalidArgumentError(absl::StrCat(message, "the fields are ", absl::StrJoin(all, ", ")));
}

int SortKey::Compare(const Message& a, const Message& b) const {
  const Message* left = &a;
  const Message* right = &b;
  for (std::size_t i = 0; i + 1 < path_.size(); ++i) {
    left = &left->GetReflection()->GetMessage(*left, path_[i]);
    right = &right->GetReflection()->GetMessage(*right, path_[i]);
  }
  return CompareField(*left, *right, *path_.back());
}

absl::Status CheckList(const Descriptor& descriptor, std::string_view text, const PageOptions& pages) {
  if (!text.empty()) {
    if (const absl::StatusOr<SortKey> key = SortKey::Create(descriptor, text); !key.ok()) return key.status();
  }
  return CheckPageOptions(pages);
}

Flag SortFlag(const Descriptor& descriptor, std::string* field) {
  // The names live as long as the program; the flag only views them.
  static std::map<const Descriptor*, std::string> names;
  std::string& words = names[&descriptor];
  if (words.empty()) {
    for (const auto& [name, path] : FieldsOf(descriptor)) absl::StrAppend(&words, words.empty() ? "" : " ", name);
  }
  return {.name = "sort",
          .value = "FIELD",
          .help = "sort by this field of the JSON form; -FIELD has the largest first",
          .candidates = {.kind = Candidates::Kind::kWords, .text = words},
          .read = ReadText(field)};
}

}  // namespace viaduct::ctl
