#pragma once

#include <string>
#include <string_view>

namespace viaduct::text {

// Write text so that it can stand between double quotes in a message: \n, \r, \t, \", \' and \\ as in C, and every
// other byte outside of printable ASCII as below.

// Escapes control characters in octal, as "\001"; bytes from 0x80 stay, since they may be UTF-8.
std::string EscapeText(std::string_view text);

// Escapes bytes in hexadecimal, as "\x80", also those from 0x80. A hexadecimal digit that follows such a byte is
// escaped, too, since C would read it as part of the escape.
std::string EscapeBytes(std::string_view bytes);

}  // namespace viaduct::text
