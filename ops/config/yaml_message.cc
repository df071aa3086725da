#include "ops/config/yaml_message.h"

#include <google/protobuf/descriptor.h>
#include <re2/re2.h>

#include <chrono>
#include <cstddef>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "api/config/v1/field_rules.pb.h"
#include "ops/config/duration_field.h"
#include "ops/config/scalar_field.h"
#include "ops/log/json_line.h"
#include "text/duration_text.h"
#include "text/redaction.h"
#include "text/spelling.h"
#include "text/utf8.h"

namespace viaduct::ops {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::OneofDescriptor;
using google::protobuf::Reflection;

constexpr int kMaxDepth = 32;
// The limits for one file once its aliases are followed.
constexpr std::size_t kMaxValues = 100'000;
constexpr std::size_t kMaxTextBytes = 2 * YamlTree::kMaxBytes;
constexpr std::size_t kMaxMapKeyBytes = 256;
constexpr std::size_t kMaxShownBytes = 80;

std::string Shown(std::string_view value) {
  const std::string text = text::RedactUrl(value);
  std::string shown;
  if (text.size() <= kMaxShownBytes) {
    AppendJsonString(&shown, text);
  } else {
    const std::string_view front = std::string_view(text).substr(0, kMaxShownBytes);
    AppendJsonString(&shown, absl::StrCat(std::string(front.substr(0, text::ValidUtf8Length(front))), "..."));
  }
  return shown;
}

bool LooksLikeFieldName(std::string_view key) {
  constexpr std::string_view kNameCharacters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
  return !key.empty() && key.size() <= kMaxShownBytes &&
         key.find_first_not_of(kNameCharacters) == std::string_view::npos;
}

std::string MapKeyPath(const std::string& path, const std::string& key) {
  return absl::StrCat(path, "[", Shown(key), "]");
}

std::string FieldPath(const std::string& path, const std::string& key) {
  if (!LooksLikeFieldName(key)) return MapKeyPath(path, key);
  return path.empty() ? key : absl::StrCat(path, ".", key);
}

// Returns the rule for one value of the field.
std::string Expected(const FieldDescriptor& field) {
  if (IsDuration(field)) return "expected a duration such as 250ms, 25s, 10m or 1m30s";
  return ExpectedScalar(field);
}

std::string UnknownField(const std::string& key, const Descriptor& type) {
  std::vector<std::string> names;
  for (int i = 0; i < type.field_count(); ++i) names.push_back(type.field(i)->name());
  const std::string_view closest = text::ClosestName(key, std::vector<std::string_view>(names.begin(), names.end()));
  if (!closest.empty()) return absl::StrCat("unknown field; did you mean \"", std::string(closest), "\"?");
  if (names.empty()) return "unknown field; this mapping has no fields";
  return absl::StrCat("unknown field; expected one of ", absl::StrJoin(names, ", "));
}

bool IsSecret(const FieldDescriptor& field) { return field.options().GetExtension(config::v1::rules).secret(); }

// Returns true if a secret may stand in a wrong place of the message, since one of its fields is about secrets.
bool IsNearSecret(const Descriptor& type) {
  for (int i = 0; i < type.field_count(); ++i) {
    if (IsSecret(*type.field(i))) return true;
  }
  return false;
}

// Returns true for the words and the numbers of configs, which no generated secret looks like.
bool LooksLikeConfig(std::string_view text) {
  static const RE2 kWordOrNumber("[a-z_]{1,40}|[A-Z_]{1,40}|-?[0-9.]{1,10}[a-z]{0,2}");
  return RE2::FullMatch(re2::StringPiece(text.data(), text.size()), kWordOrNumber);
}

class MessageReader {
 public:
  MessageReader(std::string_view name, FieldPositions* positions) : name_(name), positions_(positions) {}

  absl::Status ReadFields(const YamlNode& node, const std::string& path, int depth, Message* out) {
    if (node.kind != YamlNode::Kind::kMap) return WrongKind(node, path, "expected a mapping");
    if (depth > kMaxDepth) return Problem(node.position, path, "nested too deeply");
    std::map<std::string_view, TextPosition> seen;
    for (std::size_t i = 0; i < node.children.size(); i += 2) {
      const YamlNode& key = *node.children[i];
      const std::string field_path = FieldPath(path, key.text);
      const std::string& shown_path = MayShow(key.text, *out->GetDescriptor()) ? field_path : path;
      if (absl::Status status = CheckKey(key, path, shown_path, &seen); !status.ok()) return status;
      const FieldDescriptor* field = out->GetDescriptor()->FindFieldByName(key.text);
      if (field == nullptr) {
        const std::string problem = UnknownField(key.text, *out->GetDescriptor());
        return Problem(key.position, shown_path, problem);
      }
      if (absl::Status status = ReadField(key, *node.children[i + 1], *field, field_path, depth, out); !status.ok()) {
        return status;
      }
    }
    return absl::OkStatus();
  }

 private:
  // Returns true if errors may show a key of a message of this type, or a field's value: it is not a secret in a wrong
  // place.
  bool MayShow(std::string_view text, const Descriptor& type) const {
    return !in_secret_ && (!IsNearSecret(type) || LooksLikeConfig(text));
  }

  absl::Status ReadField(const YamlNode& key, const YamlNode& value, const FieldDescriptor& field,
                         const std::string& path, int depth, Message* out) {
    const bool was_in_secret = in_secret_;
    in_secret_ = in_secret_ || IsSecret(field);
    absl::Status status = ReadFieldValue(key, value, field, path, depth, out);
    in_secret_ = was_in_secret;
    return status;
  }

  absl::Status ReadFieldValue(const YamlNode& key, const YamlNode& value, const FieldDescriptor& field,
                              const std::string& path, int depth, Message* out) {
    const bool is_scalar = value.kind == YamlNode::Kind::kScalar;
    (*positions_)[path] = is_scalar ? value.position : key.position;
    if (value.kind == YamlNode::Kind::kNull) return absl::OkStatus();
    const OneofDescriptor* oneof = field.real_containing_oneof();
    if (oneof != nullptr && out->GetReflection()->HasOneof(*out, oneof)) {
      const FieldDescriptor* other = out->GetReflection()->GetOneofFieldDescriptor(*out, oneof);
      return Problem(key.position, path, absl::StrCat("may not be given together with \"", other->name(), "\""));
    }
    if (field.is_map()) return ReadMap(value, field, path, depth, out);
    if (field.is_repeated()) return ReadList(value, field, path, depth, out);
    return ReadValue(value, field, path, depth, out);
  }

  absl::Status ReadMap(const YamlNode& node, const FieldDescriptor& field, const std::string& path, int depth,
                       Message* out) {
    if (node.kind != YamlNode::Kind::kMap) return WrongKind(node, path, "expected a mapping");
    const FieldDescriptor& key_field = *field.message_type()->map_key();
    std::map<std::string_view, TextPosition> seen;
    for (std::size_t i = 0; i < node.children.size(); i += 2) {
      const YamlNode& key = *node.children[i];
      const YamlNode& value = *node.children[i + 1];
      const std::string entry_path = MapKeyPath(path, key.text);
      if (absl::Status status = CheckKey(key, path, in_secret_ ? path : entry_path, &seen); !status.ok()) return status;
      if (key.text.size() > kMaxMapKeyBytes) return Problem(key.position, entry_path, "key longer than 256 bytes");
      (*positions_)[entry_path] = value.kind == YamlNode::Kind::kScalar ? value.position : key.position;
      if (absl::Status status = Count(key, entry_path); !status.ok()) return status;
      if (value.kind == YamlNode::Kind::kNull) continue;
      Message* entry = out->GetReflection()->AddMessage(out, &field);
      const std::string broken_rule = SetScalar(key.text, key_field, entry);
      if (!broken_rule.empty()) return Problem(key.position, entry_path, absl::StrCat("key: ", broken_rule));
      const FieldDescriptor& value_field = *field.message_type()->map_value();
      if (absl::Status status = ReadValue(value, value_field, entry_path, depth, entry); !status.ok()) return status;
    }
    return absl::OkStatus();
  }

  absl::Status ReadList(const YamlNode& node, const FieldDescriptor& field, const std::string& path, int depth,
                        Message* out) {
    if (node.kind != YamlNode::Kind::kList) return WrongKind(node, path, "expected a list");
    for (std::size_t i = 0; i < node.children.size(); ++i) {
      const YamlNode& item = *node.children[i];
      const std::string item_path = absl::StrCat(path, "[", i, "]");
      // yaml-cpp gives no position for an item without text.
      if (item.kind == YamlNode::Kind::kNull) return Problem(node.position, item_path, "empty list item");
      (*positions_)[item_path] = item.position;
      if (absl::Status status = ReadValue(item, field, item_path, depth, out); !status.ok()) return status;
    }
    return absl::OkStatus();
  }

  // Sets a field, or adds one item to it.
  absl::Status ReadValue(const YamlNode& node, const FieldDescriptor& field, const std::string& path, int depth,
                         Message* out) {
    if (absl::Status status = Count(node, path); !status.ok()) return status;
    const bool is_message = field.message_type() != nullptr;
    if (is_message && !IsDuration(field)) return ReadFields(node, path, depth + 1, NewMessage(field, out));
    if (node.kind != YamlNode::Kind::kScalar) return WrongKind(node, path, Expected(field));
    if (is_message) {
      const absl::StatusOr<std::chrono::nanoseconds> duration = text::ParseDuration(node.text);
      if (!duration.ok()) {
        return WrongValue(node, field, path, std::string(duration.status().message()));
      }
      SetDuration(*duration, NewMessage(field, out));
      return absl::OkStatus();
    }
    const std::string broken_rule = SetScalar(node.text, field, out);
    return broken_rule.empty() ? absl::OkStatus() : WrongValue(node, field, path, broken_rule);
  }

  static Message* NewMessage(const FieldDescriptor& field, Message* out) {
    const Reflection& reflection = *out->GetReflection();
    return field.is_repeated() ? reflection.AddMessage(out, &field) : reflection.MutableMessage(out, &field);
  }

  absl::Status CheckKey(const YamlNode& key, const std::string& path, const std::string& key_path,
                        std::map<std::string_view, TextPosition>* seen) const {
    if (key.kind != YamlNode::Kind::kScalar) return Problem(key.position, path, "expected a name before \":\"");
    const auto [first, is_new] = seen->emplace(key.text, key.position);
    if (is_new) return absl::OkStatus();
    return Problem(key.position, key_path, absl::StrCat("already given on line ", first->second.line));
  }

  // Counts one more value, even if an alias leads to it.
  absl::Status Count(const YamlNode& node, const std::string& path) {
    text_bytes_ += node.text.size();
    if (++values_ > kMaxValues) return Problem(node.position, path, "more than 100000 values in the file");
    if (text_bytes_ > kMaxTextBytes) return Problem(node.position, path, "more than 2 MiB of text in the file");
    return absl::OkStatus();
  }

  // Returns `path: "value": rule`, without a value that may be a secret.
  absl::Status WrongValue(const YamlNode& node, const FieldDescriptor& field, const std::string& path,
                          const std::string& rule) const {
    const bool shown = MayShow(node.text, *field.containing_type());
    return Problem(node.position, path, shown ? absl::StrCat(Shown(node.text), ": ", rule) : rule);
  }

  // `path: rule, not a list`. Never shows the value: what stands where a mapping belongs may be a secret, or a URL with
  // one.
  absl::Status WrongKind(const YamlNode& node, const std::string& path, const std::string& rule) const {
    switch (node.kind) {
      case YamlNode::Kind::kScalar:
        return Problem(node.position, path, absl::StrCat(rule, ", not a text"));
      case YamlNode::Kind::kList:
        return Problem(node.position, path, absl::StrCat(rule, ", not a list"));
      case YamlNode::Kind::kMap:
        return Problem(node.position, path, absl::StrCat(rule, ", not a mapping"));
      case YamlNode::Kind::kNull:
        break;
    }
    return Problem(node.position, path, rule);
  }

  absl::Status Problem(TextPosition position, const std::string& path, const std::string& problem) const {
    return ErrorAt(name_, position, path.empty() ? problem : absl::StrCat(path, ": ", problem));
  }

  const std::string_view name_;
  FieldPositions* const positions_;
  bool in_secret_ = false;  // below a field that holds a secret or says where one is
  std::size_t values_ = 0;
  std::size_t text_bytes_ = 0;
};

}  // namespace

absl::Status ReadMessage(std::string_view name, const YamlNode& root, Message* out, FieldPositions* positions) {
  (*positions)[""] = root.kind == YamlNode::Kind::kNull ? TextPosition() : root.position;
  if (root.kind == YamlNode::Kind::kNull) return absl::OkStatus();
  return MessageReader(name, positions).ReadFields(root, "", 1, out);
}

}  // namespace viaduct::ops
