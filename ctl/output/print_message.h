#pragma once

#include <vector>

#include "ctl/output/exit_code.h"
#include "ctl/output/format.h"
#include "ctl/output/value.h"

namespace viaduct::ctl {

// Prints a message for a script: as one line of JSON, or in kYaml as a document of its own, so that several in a row
// can be told apart.
Outcome PrintMessage(const google::protobuf::Message& message, Format format);

// Prints a list as a JSON array with one item on each line, or as one YAML document.
Outcome PrintList(const Value& list, Format format);

// The same for messages.
template <typename Message>
Outcome PrintMessages(const std::vector<Message>& messages, Format format) {
  Value list{.kind = Value::Kind::kList};
  for (const Message& message : messages) {
    absl::StatusOr<Value> value = ValueOf(message);
    if (!value.ok()) return Failure{ExitCode::kRefused, std::string(value.status().message())};
    list.items.push_back(*std::move(value));
  }
  return PrintList(list, format);
}

// Prints a value like a message.
Outcome PrintValue(const Value& value, Format format);

}  // namespace viaduct::ctl
