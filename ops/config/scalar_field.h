#pragma once

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <optional>
#include <string>
#include <string_view>

namespace viaduct::ops {

// Reads `text` as a value of `field`, which is not of message type, and sets it in `message`; of a repeated field adds
// one. Returns the rule that the text breaks, "" if none: "expected true or false".
//
// Numbers are decimal and within the type's range; enums are given by name in any letter case, but for the one called
// *_UNSPECIFIED; bytes in base64.
std::string SetScalar(std::string_view text, const google::protobuf::FieldDescriptor& field,
                      google::protobuf::Message* message);

// The text that SetScalar reads back equal: of a field of `message`, or with `index` of one item of a repeated field.
std::string ScalarText(const google::protobuf::Message& message, const google::protobuf::FieldDescriptor& field,
                       std::optional<int> index = std::nullopt);

// "expected one of ENFORCE, MONITOR, OFF" and the like: what a value of a field's type, repeated or not, has to be.
std::string ExpectedScalar(const google::protobuf::FieldDescriptor& field);

}  // namespace viaduct::ops
