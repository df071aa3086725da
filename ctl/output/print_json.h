#pragma once

#include <string>
#include <vector>

#include "ctl/output/exit_code.h"
#include "ctl/output/json.h"
#include "ctl/output/print.h"

namespace viaduct::ctl {

// Prints a message as one line of JSON.
inline Outcome PrintJson(const google::protobuf::Message& message) {
  const absl::StatusOr<std::string> json = ToJson(message);
  if (!json.ok()) return Failure{ExitCode::kRefused, std::string(json.status().message())};
  return Print(*json + "\n");
}

// Prints messages as a JSON array, one message per line.
template <typename Message>
Outcome PrintJsonArray(const std::vector<Message>& messages) {
  std::string text = "[";
  for (const Message& message : messages) {
    const absl::StatusOr<std::string> json = ToJson(message);
    if (!json.ok()) return Failure{ExitCode::kRefused, std::string(json.status().message())};
    text.append(text.size() == 1 ? "\n" : ",\n").append(*json);
  }
  return Print(text + (messages.empty() ? "]\n" : "\n]\n"));
}

}  // namespace viaduct::ctl
