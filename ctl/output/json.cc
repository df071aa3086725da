#include "ctl/output/json.h"

namespace viaduct::ctl {
namespace {

void Append(const Value& value, std::string* json) {
  if (value.kind == Value::Kind::kScalar) {
    *json += value.scalar;
    return;
  }
  const bool list = value.kind == Value::Kind::kList;
  json->push_back(list ? '[' : '{');
  const char* comma = "";
  for (const Value& item : value.items) {
    *json += comma;
    Append(item, json);
    comma = ",";
  }
  for (const auto& [name, member] : value.members) {
    json->append(comma).append(Value::Text(name).scalar).append(":");
    Append(member, json);
    comma = ",";
  }
  json->push_back(list ? ']' : '}');
}

}  // namespace

std::string ToJson(const Value& value) {
  std::string json;
  Append(value, &json);
  return json;
}

}  // namespace viaduct::ctl
