#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "filter/policy.h"
#include "text/result.h"

namespace viaduct::filter {

// Where the content comes from that settings only point to.
class SettingsSources {
 public:
  virtual ~SettingsSources() = default;

  // Returns the content of a file. An error says what is wrong with it and does not name it; its code is kNotFound if
  // there is no such file.
  virtual text::Result<std::string> ReadFile(const std::string& path) const = 0;
  // Returns a variable of the environment; empty if it is not set.
  virtual std::string ReadEnvironment(const std::string& name) const = 0;
};

// Reads the settings of filter.v1.VpcOrigin, written as JSON, into a policy. The sidecar reads the same settings from
// its YAML file, where they mean the same. What only a sidecar can do is refused by name: fetching the list of ranges,
// watching its age, and keeping prefixes that a newer list lacks.
//
// `tells_direct_peer` says if the proxy shows the TCP peer beside a PROXY header's source, which mode NLB needs. An
// error's message begins with the path of the field at fault (text/error.h), and never repeats a secret's value. Any
// bytes may be given.
text::Result<std::shared_ptr<const Policy>> ReadSettings(std::string_view json, const SettingsSources& sources,
                                                         bool tells_direct_peer);

}  // namespace viaduct::filter
