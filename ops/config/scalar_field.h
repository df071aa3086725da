#pragma once

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <optional>
#include <string>
#include <string_view>

namespace viaduct::ops {

// Reads `text` as a value of `field`, which is not of message type, and sets it in `message`, or adds it to a repeated
// field. Returns the rule that the text breaks, such as "expected true or false", or "".
//
// Numbers are decimal and within the type's range; enums are given by name in any letter case, except *_UNSPECIFIED;
// bytes in base64.
std::string SetScalar(std::string_view text, const google::protobuf::FieldDescriptor& field,
                      google::protobuf::Message* message);

// Returns the text that SetScalar reads back equal, for a field or, with `index`, for one item of a repeated field.
std::string ScalarText(const google::protobuf::Message& message, const google::protobuf::FieldDescriptor& field,
                       std::optional<int> index = std::nullopt);

// Returns the rule for values of a field's type, repeated or not, such as "expected one of ENFORCE, MONITOR, OFF".
std::string ExpectedScalar(const google::protobuf::FieldDescriptor& field);

}  // namespace viaduct::ops
