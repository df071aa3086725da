#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace viaduct::ctl {

// Looks up an environment variable; nullopt if it is not set.
using Environment = std::function<std::optional<std::string>(std::string_view name)>;

// Looks up a variable of this process. Not safe while another thread changes the environment.
std::optional<std::string> ProcessEnvironment(std::string_view name);

}  // namespace viaduct::ctl
