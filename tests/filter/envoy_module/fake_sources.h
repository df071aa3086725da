#pragma once

#include <map>
#include <string>

#include "filter/envoy_module/settings_reader.h"

namespace viaduct::filter {

// Files and an environment in memory.
class FakeSources final : public SettingsSources {
 public:
  text::Result<std::string> ReadFile(const std::string& path) const override {
    const auto file = files.find(path);
    if (file != files.end()) return file->second;
    return text::Error{"cannot be read: No such file or directory", text::Error::Code::kNotFound};
  }
  std::string ReadEnvironment(const std::string& name) const override {
    const auto variable = environment.find(name);
    return variable == environment.end() ? std::string() : variable->second;
  }

  std::map<std::string, std::string> files;
  std::map<std::string, std::string> environment;
};

}  // namespace viaduct::filter
