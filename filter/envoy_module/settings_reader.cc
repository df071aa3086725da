#include "filter/envoy_module/settings_reader.h"

#include <cstddef>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>
#include <vector>

#include "filter/builtin_ranges.h"
#include "filter/envoy_module/json_object.h"
#include "filter/ip_ranges_json.h"
#include "filter/origin_secret.h"
#include "text/concat.h"
#include "text/error.h"

namespace viaduct::filter {
namespace {

using Json = nlohmann::json;

// Settings are no longer than this, and a list of ranges is in a file of its own.
constexpr std::size_t kMaxBytes = std::size_t{1} << 20;
constexpr std::size_t kMaxDepth = 32;

// Returns the document; an error repeats nothing of it.
text::Result<Json> Parse(std::string_view json) {
  if (json.size() > kMaxBytes) return text::Error{"longer than 1 MiB"};
  std::vector<std::set<std::string>> keys;
  std::optional<text::Error> fault;
  const auto watch = [&](int depth, Json::parse_event_t event, Json& parsed) {
    if (fault) return false;
    if (static_cast<std::size_t>(depth) > kMaxDepth) fault = text::Error{"nested too deeply"};
    if (event == Json::parse_event_t::object_start) keys.emplace_back();
    if (event == Json::parse_event_t::key && !keys.back().insert(parsed.get<std::string>()).second) {
      fault = text::Error{"a member is given twice in one mapping"};
    }
    if (event == Json::parse_event_t::object_end) keys.pop_back();
    return true;
  };
  Json parsed = Json::parse(json, watch, /*allow_exceptions=*/false);
  if (fault) return *fault;
  if (parsed.is_discarded())
    return text::Error{"not JSON; write the settings as a Struct, or as JSON in a StringValue"};
  return parsed;
}

Enforcement ReadEnforcement(std::string_view name, JsonObject& settings, Enforcement absent = Enforcement::kEnforce) {
  const std::string_view text = settings.OneOf(name, {"ENFORCE", "MONITOR", "OFF"});
  if (text.empty()) return absent;
  if (text == "MONITOR") return Enforcement::kMonitor;
  return text == "OFF" ? Enforcement::kOff : Enforcement::kEnforce;
}

EdgeMode ReadMode(JsonObject& settings, bool tells_direct_peer) {
  const std::string_view mode = settings.OneOf("mode", {"ALB", "NLB", "DIRECT"});
  if (mode.empty()) settings.Fail("mode", "is required: ALB, NLB or DIRECT; it decides which bytes are believed");
  if (mode == "NLB" && !tells_direct_peer) {
    settings.Fail("mode", "NLB needs Envoy 1.40 or later: older ones hide the balancer behind its PROXY header");
  }
  if (mode == "DIRECT") return EdgeMode::kDirect;
  return mode == "NLB" ? EdgeMode::kNlb : EdgeMode::kAlb;
}

// Reads trusted_peer, and refuses it in mode DIRECT.
Enforcement ReadTrustedPeer(EdgeMode mode, JsonObject& settings) {
  const Enforcement enforcement = ReadEnforcement("trusted_peer", settings);
  if (mode == EdgeMode::kDirect && settings.Has("trusted_peer") && enforcement != Enforcement::kOff) {
    settings.Fail("trusted_peer", "mode DIRECT does not make this check; edge_range judges the peer there");
  }
  return enforcement;
}

void ReadEdgeRanges(JsonObject& settings, const SettingsSources& sources, PolicySpec& spec) {
  spec.edge_ranges = BuiltinRanges();
  const Json* const object = settings.Object("edge_ranges");
  if (object == nullptr) return;
  JsonObject ranges(*object, settings.PathOf("edge_ranges"));
  const std::string file = ranges.Text("file");
  spec.extra_edges = ranges.Texts("extra");
  ranges.Refuse("removal_grace", "the module takes a list as it is; only the sidecar keeps prefixes for a while");
  ranges.Refuse("max_age", "the module does not watch the list's age; only the sidecar does");
  ranges.Refuse("refresh",
                "the module fetches nothing; only the sidecar does. Give it a file, and load it again by LDS");
  if (!file.empty()) {
    const text::Result<std::string> content = sources.ReadFile(file);
    text::Result<IpRanges> list = content.ok() ? ParseIpRangesJson(*content) : text::Result<IpRanges>(content.error());
    if (list.ok()) {
      spec.edge_ranges = *std::move(list);
    } else {
      ranges.Fail(text::ErrorAt(ranges.PathOf("file"), text::ValueError(file, list.error().message)));
    }
  }
  settings.Fail(ranges.Finish());
}

// Returns the value of a source; nullopt if it may be absent and is.
std::optional<std::string> ReadSecretValue(JsonObject& source, const SettingsSources& sources) {
  const std::string file = source.Text("file");
  const std::string variable = source.Text("environment");
  const bool json = source.OneOf("format", {"TEXT", "SECRETS_MANAGER_JSON"}) == "SECRETS_MANAGER_JSON";
  const bool may_be_absent = source.Flag("may_be_absent");
  const std::string json_key = source.Text("json_key");
  const std::string_view place = file.empty() ? "environment" : "file";
  if (source.Has("file") && source.Has("environment"))
    source.Fail("environment", "may not be given together with \"file\"");
  if (file.empty() && variable.empty()) source.Fail("file", "is required, or environment");
  if (!json && source.Has("format") && !json_key.empty()) {
    source.Fail(
        text::ErrorAt(source.PathOf("json_key"), text::ValueError(json_key, "needs format: SECRETS_MANAGER_JSON")));
  }
  if (source.Finish()) return std::nullopt;

  const text::Result<std::string> content =
      file.empty() ? text::Result<std::string>(sources.ReadEnvironment(variable)) : sources.ReadFile(file);
  const bool is_missing = content.ok() ? content->empty() : content.error().code == text::Error::Code::kNotFound;
  if (is_missing && may_be_absent) return std::nullopt;
  // A text that names no file or variable may be the secret itself, so it is not shown.
  if (!content.ok()) {
    source.Fail(place, content.error().message);
  } else if (is_missing) {
    source.Fail(place, file.empty() ? "no such variable is set, or it is empty" : "is empty");
  }
  if (source.Finish()) return std::nullopt;

  const std::string_view key = json_key.empty() ? OriginSecret::kDefaultJsonKey : std::string_view(json_key);
  text::Result<std::string> value =
      json || !json_key.empty() ? ParseSecretJson(*content, key) : ParseSecretText(*content);
  const bool no_value = value.ok() ? value->empty() : value.error().code == text::Error::Code::kNotFound;
  if (no_value && may_be_absent) return std::nullopt;
  if (value.ok()) return *std::move(value);
  const std::string& where = file.empty() ? variable : file;
  source.Fail(text::ErrorAt(source.PathOf(place), text::ValueError(where, value.error().message)));
  return std::nullopt;
}

void ReadSecret(JsonObject& settings, const SettingsSources& sources, PolicySpec& spec) {
  const Json* const object = settings.Object("secret");
  spec.enforcements.secret = ReadEnforcement("secret_enforcement", settings);
  if (object == nullptr) {
    if (settings.Has("secret_enforcement")) settings.Fail("secret_enforcement", "there is no secret to check");
    return;
  }
  JsonObject secret(*object, settings.PathOf("secret"), JsonObject::Shown::kNothing);
  spec.secret = SecretSpec{.header = secret.Text("header"), .values = {}};
  if (const Json* const list = secret.List("sources"); list != nullptr) {
    for (std::size_t i = 0; i < list->size(); ++i) {
      JsonObject source((*list)[i], text::Concat(secret.PathOf("sources"), "[", i, "]"), JsonObject::Shown::kNothing);
      std::string name = source.Text("name");
      std::optional<std::string> value = ReadSecretValue(source, sources);
      if (value) spec.secret->values.push_back({std::move(name), *std::move(value)});
      secret.Fail(source.Finish());
    }
  }
  settings.Fail(secret.Finish());
}

}  // namespace

text::Result<std::shared_ptr<const Policy>> ReadSettings(std::string_view json, const SettingsSources& sources,
                                                         bool tells_direct_peer) {
  const text::Result<Json> document = Parse(json.empty() ? "{}" : json);
  if (!document.ok()) return document.error();
  JsonObject settings(*document, "");
  PolicySpec spec;
  spec.mode = ReadMode(settings, tells_direct_peer);
  spec.trusted_peers = settings.Texts("trusted_peers");
  spec.enforcements.trusted_peer = ReadTrustedPeer(spec.mode, settings);
  ReadEdgeRanges(settings, sources, spec);
  spec.enforcements.edge_range = ReadEnforcement("edge_range", settings);
  spec.enforcements.via = ReadEnforcement("via", settings);
  spec.enforcements.cf_id = ReadEnforcement("cf_id", settings);
  spec.hosts = settings.Texts("hosts");
  spec.enforcements.host = ReadEnforcement("host", settings);
  spec.origins = settings.Texts("origins");
  spec.enforcements.origin = ReadEnforcement("origin", settings);
  ReadSecret(settings, sources, spec);
  if (const std::optional<text::Error>& error = settings.Finish()) return *error;
  return Policy::Create(spec);
}

}  // namespace viaduct::filter
