// Prints the table of requests (tests/filter/request_cases.h) for hosts of the filter that are programs: one JSON
// object a line, with the bytes of the request's head.

#include <iostream>
#include <nlohmann/json.hpp>
#include <span>
#include <sstream>
#include <string>

#include "tests/filter/request_builder.h"
#include "tests/filter/request_cases.h"

namespace viaduct::filter {
namespace {

using Json = nlohmann::json;

// A request that asks for no upgrade has none of the handshake's fields.
Json FieldsOf(RequestBuilder& request) {
  const RequestView view = request.view();
  Json fields = Json::array();
  for (const http::Field& field : view.fields) {
    const bool upgrades =
        field.name == "upgrade" || field.name == "connection" || field.name.starts_with("sec-websocket-");
    if (view.is_upgrade || !upgrades) fields.push_back({std::string(field.name), std::string(field.value)});
  }
  return fields;
}

void Print(const ModeCase& mode, const RequestCase& c) {
  RequestBuilder request = mode.request();
  c.change(request);
  Json line = {{"mode", std::string(mode.name)},
               {"what", std::string(c.what)},
               {"verdict", std::string(c.verdict)},
               {"fields", FieldsOf(request)},
               {"differences", Json::object()}};
  for (const HostDifference& difference : c.differences) {
    std::istringstream hosts{std::string(difference.hosts)};
    for (std::string host; hosts >> host;) line["differences"][host] = std::string(difference.verdict);
  }
  std::cout << line.dump() << "\n";
}

void PrintAll() {
  const RequestCase genuine = {"the genuine request", [](RequestBuilder&) {}, "allowed"};
  for (const ModeCase& mode : Modes()) {
    Print(mode, genuine);
    for (const std::span<const RequestCase> cases : {mode.forwarded_cases, CommonCases()}) {
      for (const RequestCase& c : cases) Print(mode, c);
    }
  }
}

}  // namespace
}  // namespace viaduct::filter

int main() {
  viaduct::filter::PrintAll();
  return 0;
}
