#pragma once

#include <string>

#include "filter/envoy_module/settings_reader.h"

namespace viaduct::filter {

// The files and the environment of this process. A file has at most 52 MiB, as the sidecar's lists of ranges.
class SystemSources final : public SettingsSources {
 public:
  text::Result<std::string> ReadFile(const std::string& path) const override;
  std::string ReadEnvironment(const std::string& name) const override;
};

}  // namespace viaduct::filter
