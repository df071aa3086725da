#include "filter/envoy_module/json_object.h"

#include <algorithm>
#include <cstddef>
#include <span>
#include <utility>

#include "text/ascii.h"
#include "text/concat.h"
#include "text/spelling.h"

namespace viaduct::filter {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kMaxShownBytes = 80;

std::string_view KindOf(const Json& value) {
  if (value.is_array()) return "a list";
  if (value.is_object()) return "a mapping";
  if (value.is_boolean()) return "a boolean";
  return value.is_number() ? "a number" : "a text";
}

std::string Joined(std::span<const std::string_view> names) {
  std::string all;
  for (const std::string_view name : names) {
    if (!all.empty()) all += ", ";
    all += name;
  }
  return all;
}

bool LooksLikeFieldName(std::string_view key) {
  constexpr std::string_view kNameCharacters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
  return !key.empty() && key.size() <= kMaxShownBytes &&
         key.find_first_not_of(kNameCharacters) == std::string_view::npos;
}

}  // namespace

JsonObject::JsonObject(const Json& object, std::string path, Shown shown)
    : object_(object), path_(std::move(path)), shown_(shown) {
  if (!object_.is_object()) {
    error_ = text::Error{text::Concat(path_, path_.empty() ? "" : ": ", "expected a mapping, not ", KindOf(object_))};
  }
}

std::string JsonObject::PathOf(std::string_view name) const {
  return path_.empty() ? std::string(name) : text::Concat(path_, ".", name);
}

bool JsonObject::Has(std::string_view name) const {
  if (!object_.is_object()) return false;
  const auto member = object_.find(std::string(name));
  return member != object_.end() && !member->is_null();
}

const Json* JsonObject::Find(std::string_view name) {
  known_.push_back(name);
  return Has(name) ? &*object_.find(std::string(name)) : nullptr;
}

std::string JsonObject::Text(std::string_view name) {
  const Json* const member = Find(name);
  if (member == nullptr) return "";
  if (member->is_string()) return member->get<std::string>();
  WrongKind(PathOf(name), "expected a text", *member);
  return "";
}

std::vector<std::string> JsonObject::Texts(std::string_view name) {
  const Json* const list = List(name);
  std::vector<std::string> texts;
  if (list == nullptr) return texts;
  for (const Json& item : *list) {
    if (item.is_string()) {
      texts.push_back(item.get<std::string>());
    } else {
      WrongKind(text::Concat(PathOf(name), "[", texts.size(), "]"), "expected a text", item);
      return {};
    }
  }
  return texts;
}

bool JsonObject::Flag(std::string_view name) {
  const Json* const member = Find(name);
  if (member == nullptr) return false;
  if (member->is_boolean()) return member->get<bool>();
  WrongKind(PathOf(name), "expected true or false", *member);
  return false;
}

std::string_view JsonObject::OneOf(std::string_view name, std::initializer_list<std::string_view> names) {
  const std::string text = Text(name);
  if (!Has(name) || error_) return "";
  for (const std::string_view each : names) {
    if (text::EqualsIgnoreCase(each, text)) return each;
  }
  const std::string rule = text::Concat("expected one of ", Joined({names.begin(), names.size()}));
  if (shown_ == Shown::kNothing) {
    Fail(name, rule);
  } else {
    Fail(text::ErrorAt(PathOf(name), text::ValueError(text, rule)));
  }
  return "";
}

const Json* JsonObject::Object(std::string_view name) {
  const Json* const member = Find(name);
  if (member == nullptr || member->is_object()) return member;
  WrongKind(PathOf(name), "expected a mapping", *member);
  return nullptr;
}

const Json* JsonObject::List(std::string_view name) {
  const Json* const member = Find(name);
  if (member == nullptr || member->is_array()) return member;
  WrongKind(PathOf(name), "expected a list", *member);
  return nullptr;
}

void JsonObject::Refuse(std::string_view name, std::string_view why) {
  if (Find(name) != nullptr) Fail(name, why);
}

void JsonObject::Fail(std::string_view name, std::string_view rule) { Fail(text::FieldError(PathOf(name), rule)); }

void JsonObject::Fail(const std::optional<text::Error>& error) {
  if (!error_) error_ = error;
}

void JsonObject::WrongKind(std::string_view path, std::string_view expected, const Json& found) {
  Fail(text::FieldError(
      path, found.is_null() ? std::string("empty list item") : text::Concat(expected, ", not ", KindOf(found))));
}

const std::optional<text::Error>& JsonObject::Finish() {
  if (error_ || !object_.is_object()) return error_;
  for (const auto& [key, value] : object_.items()) {
    if (std::find(known_.begin(), known_.end(), key) != known_.end()) continue;
    const std::string_view closest = text::ClosestName(key, known_);
    const std::string rule = closest.empty() ? text::Concat("unknown field; expected one of ", Joined(known_))
                                             : text::Concat("unknown field; did you mean \"", closest, "\"?");
    if (LooksLikeFieldName(key) && shown_ == Shown::kNamesAndValues) {
      Fail(key, rule);
    } else {
      Fail(text::Error{text::Concat(path_, path_.empty() ? "" : ": ", rule)});
    }
    break;
  }
  return error_;
}

}  // namespace viaduct::filter
