// The module and the sidecar read one schema, filter.v1.VpcOrigin, each with code of its own.

#include <google/protobuf/descriptor.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <string_view>

#include "api/filter/v1/filter.pb.h"
#include "filter/envoy_module/settings_reader.h"
#include "filter/envoy_module/system_sources.h"
#include "filter/policy_from_proto.h"
#include "ops/config/config_file.h"
#include "sidecar/config/policy_inputs.h"
#include "text/status.h"

namespace viaduct::filter {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

std::string ModuleError(const std::string& json) {
  const auto read = ReadSettings(json, SystemSources(), /*tells_direct_peer=*/true);
  return read.ok() ? "" : read.error().message;
}

// Returns what the sidecar says, without the place in its file.
std::string SidecarError(const std::string& json) {
  filter::v1::VpcOrigin message;
  const absl::StatusOr<ops::ConfigFile> file = ops::ConfigFile::Parse("config", json, &message);
  if (!file.ok()) {
    const std::string error(file.status().message());
    return error.substr(error.find(": ") + 2);
  }
  absl::StatusOr<PolicyInputs> inputs = sidecar::ReadPolicyInputs(message);
  if (!inputs.ok()) return std::string(inputs.status().message());
  const absl::StatusOr<PolicySpec> spec = PolicySpecFromProto(message, *std::move(inputs));
  if (!spec.ok()) return std::string(spec.status().message());
  return std::string(text::ToStatusOr(Policy::Create(*spec)).status().message());
}

// Gives each field of `type` a value of a type that none has. `wrap` puts the field's JSON where the message stands.
void CheckFields(const Descriptor& type, const std::string& path,
                 const std::function<std::string(const std::string&)>& wrap) {
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    const std::string field_path = path.empty() ? field.name() : path + "." + field.name();
    const std::string error = ModuleError(wrap("\"" + field.name() + "\": [[0]]"));
    EXPECT_NE(error.find(field_path), std::string::npos) << error;
    EXPECT_EQ(error.find("unknown field"), std::string::npos) << error;
    const bool refused = error.find("only the sidecar") != std::string::npos;
    if (field.message_type() == nullptr || refused) continue;
    const std::string begin = "\"" + field.name() + "\": " + (field.is_repeated() ? "[{" : "{");
    const std::string end = field.is_repeated() ? "}]" : "}";
    CheckFields(*field.message_type(), field_path + (field.is_repeated() ? "[0]" : ""),
                [&](const std::string& json) { return wrap(begin + json + end); });
  }
}

TEST(SchemaTest, TheModuleReadsEachFieldOrRefusesItByName) {
  CheckFields(*filter::v1::VpcOrigin::descriptor(), "", [](const std::string& json) {
    return json.starts_with("\"mode\"") ? "{" + json + "}" : R"({"mode": "ALB", )" + json + "}";
  });
}

TEST(SchemaTest, ModuleAndSidecarTakeAndRefuseTheSame) {
  const std::string_view documents[] = {
      "{}",
      R"({"mode": "ALB"})",
      R"({"mode": "ALB", "trusted_peers": ["10.10.8.0/24"]})",
      R"({"mode": "ALB", "trusted_peers": ["10.10.8.0/33"]})",
      R"({"mode": "ALB", "trusted_peers": ["10.10.8.1/24"]})",
      R"({"mode": "ALB", "trusted_peers": ["10.10.8.0/24"], "trusted_peer": "MONITOR"})",
      R"({"mode": "NLB", "trusted_peers": ["10.10.8.0/24"]})",
      R"({"mode": "NLB", "trusted_peers": ["10.10.8.0/24"], "trusted_peer": "MONITOR"})",
      R"({"mode": "DIRECT"})",
      R"({"mode": "DIRECT", "trusted_peer": "OFF"})",
      R"({"mode": "DIRECT", "trusted_peer": "ENFORCE"})",
      R"({"mode": "direct", "edge_range": "monitor", "via": "off", "cf_id": "Off", "host": "OFF", "origin": "OFF"})",
      R"({"mode": "DIRECT", "edge_ranges": {"extra": ["127.0.0.0/8"]}})",
      R"({"mode": "DIRECT", "edge_ranges": {"extra": ["127.0.0.0"]}})",
      R"({"mode": "DIRECT", "edge_ranges": {"file": "/none/ranges.json"}})",
      R"({"mode": "DIRECT", "edge_ranges": null, "hosts": []})",
      R"({"mode": "DIRECT", "hosts": ["*.example.com"], "origins": ["null", "same-host", "file://"]})",
      R"({"mode": "DIRECT", "hosts": ["*"]})",
      R"({"mode": "DIRECT", "origins": ["https://*.example.com"]})",
      R"({"mode": "DIRECT", "secret_enforcement": "OFF"})",
      R"({"mode": "DIRECT", "secret": {}})",
      R"({"mode": "DIRECT", "secret": {"header": "via", "sources": [{"name": "a", "environment": "PATH"}]}})",
      R"({"mode": "DIRECT", "secret": {"sources": [{"name": "a b", "environment": "VIADUCT_TEST_SECRET"}]}})",
      R"({"mode": "DIRECT", "secret": {"sources": [{"name": "a", "environment": "VIADUCT_TEST_SECRET"}]}})",
      R"({"mode": "DIRECT", "secret": {"sources": [{"name": "a", "environment": "VIADUCT_TEST_NONE"}]}})",
      R"({"mode": "DIRECT", "secret": {"sources": [{"name": "a", "environment": "VIADUCT_TEST_SECRET",
                                                    "json_key": "x"}]}})",
      R"({"mode": "DIRECT", "secret": {"sources": [{"name": "a", "environment": "VIADUCT_TEST_SECRET",
                                                    "format": "TEXT", "json_key": "x"}]}})",
      R"({"mode": "DIRECT", "secret": {"sources": [{"name": "a"}]}})",
      R"({"mode": "DIRECT", "secret": {"sources": [{"name": "a", "file": "/none/secret"}]}})",
      R"({"mode": "DIRECT", "secret": {"sources": [{"name": "a", "file": "/none/secret", "may_be_absent": true},
                                                   {"name": "b", "environment": "VIADUCT_TEST_SECRET"}]}})",
      R"({"mode": "DIRECT", "secret_enforcement": "MONITOR",
          "secret": {"header": "x-our-mark", "sources": [{"name": "a", "environment": "VIADUCT_TEST_SECRET"}]}})",
  };
  ASSERT_EQ(setenv("VIADUCT_TEST_SECRET", "correct-horse-battery-staple", 1), 0);
  for (const std::string_view document : documents) {
    const std::string json(document);
    EXPECT_EQ(ModuleError(json), SidecarError(json)) << json;
  }
}

// The words differ where the sidecar speaks of YAML, but not the field.
TEST(SchemaTest, ModuleAndSidecarRefuseTheSameTypes) {
  const std::string_view documents[] = {
      R"({"mode": "X"})",
      R"({"mode": ["ALB"]})",
      R"({"mode": "DIRECT", "hosts": "a"})",
      R"({"mode": "DIRECT", "hosts": [["a"]]})",
      R"({"mode": "DIRECT", "hosts": [null]})",
      R"({"mode": "DIRECT", "edge_ranges": "x"})",
      R"({"mode": "DIRECT", "edge_ranges": {"extras": []}})",
      R"({"mode": "DIRECT", "secret": []})",
      R"({"mode": "DIRECT", "secret": {"sources": [{"may_be_absent": "x", "file": "/none"}]}})",
      R"({"mode": "DIRECT", "secret": {"sources": [{"file": "/none", "environment": "NONE"}]}})",
  };
  const auto path_of = [](const std::string& error) { return error.substr(0, error.find(": ")); };
  for (const std::string_view document : documents) {
    const std::string json(document);
    const std::string error = ModuleError(json);
    EXPECT_NE(error, "") << json;
    EXPECT_EQ(path_of(error), path_of(SidecarError(json))) << json;
  }
}

}  // namespace
}  // namespace viaduct::filter
