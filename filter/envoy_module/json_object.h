#pragma once

#include <cstdint>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "text/error.h"

namespace viaduct::filter {

// Reads the members of one JSON object, each by its name, and keeps the first error: the readers of values go on with
// defaults after it. A member that is null counts as absent. `object` must live as long as the reader.
//
// What stands where another type belongs is never repeated in an error, since it may be a secret.
class JsonObject {
 public:
  // What errors may repeat of the object. Where a secret is looked for, a wrong name or value may be the secret itself.
  enum class Shown : std::uint8_t { kNamesAndValues, kNothing };

  // `path` is where the object stands in the settings; empty for their root.
  JsonObject(const nlohmann::json& object, std::string path, Shown shown = Shown::kNamesAndValues);

  // Return the member's value, or what stands for an absent one.
  std::string Text(std::string_view name);
  std::vector<std::string> Texts(std::string_view name);
  bool Flag(std::string_view name);
  // Returns the member's text if it is, in any letter case, one of `names`, then as it is listed; empty if it is
  // absent.
  std::string_view OneOf(std::string_view name, std::initializer_list<std::string_view> names);
  // Return the member, which is an object, or a list of any values; null if it is absent.
  const nlohmann::json* Object(std::string_view name);
  const nlohmann::json* List(std::string_view name);

  // Makes it an error that the member is given.
  void Refuse(std::string_view name, std::string_view why);
  // Makes `rule` the error of the member.
  void Fail(std::string_view name, std::string_view rule);
  // Takes over the error of a part of the settings.
  void Fail(const std::optional<text::Error>& error);

  bool Has(std::string_view name) const;
  // Returns the path of a member.
  std::string PathOf(std::string_view name) const;

  // Returns the first error; a member that nobody asked for is one.
  const std::optional<text::Error>& Finish();

 private:
  // Returns the member if it is given, and notes that it is known.
  const nlohmann::json* Find(std::string_view name);
  void WrongKind(std::string_view path, std::string_view expected, const nlohmann::json& found);

  const nlohmann::json& object_;
  const std::string path_;
  const Shown shown_;
  std::vector<std::string_view> known_;
  std::optional<text::Error> error_;
};

}  // namespace viaduct::filter
