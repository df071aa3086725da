#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ctl/core/flag.h"

namespace viaduct::ctl {

// The source of a message, before it is read: TEXT, "-" for standard input, or a file. A value.
struct PayloadSource {
  std::optional<std::string> text;
  std::string binary_file;  // "" if there is none
};

// --binary-file.
Flag BinaryFileFlag(std::string* binary_file);

// Returns an error if `source` is not exactly one of the two, or if TEXT cannot be sent. `command` is named in the
// error.
absl::Status CheckPayload(std::string_view command, const PayloadSource& source);

// A message to send. A value.
struct Payload {
  bool binary = false;
  std::string content;
};

// Reads the message from `source`, which must have passed CheckPayload. Standard input loses its last line end. An
// error is one line for the user: unreadable, empty, too long, or text that is not UTF-8.
absl::StatusOr<Payload> ReadPayload(const PayloadSource& source);

// Moves the payload into a request's oneof of text and binary.
template <typename Request>
void SetPayload(Payload payload, Request* request) {
  if (payload.binary) {
    request->set_binary(std::move(payload.content));
  } else {
    request->set_text(std::move(payload.content));
  }
}

}  // namespace viaduct::ctl
