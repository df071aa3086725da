#include "ctl/options/close_options.h"

#include <cstddef>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "text/number.h"
#include "text/utf8.h"

namespace viaduct::ctl {
namespace {

// RFC 6455 section 7.4 lists the codes that an endpoint may send.
absl::Status ReadCode(std::string_view value, int* option) {
  int code = 0;
  const bool may_be_sent =
      text::ReadNumber(value, &code) &&
      ((code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) || (code >= 3000 && code <= 4999));
  if (!may_be_sent) {
    return absl::InvalidArgumentError("expected a close code: 1000 to 1003, 1007 to 1014 or 3000 to 4999");
  }
  *option = code;
  return absl::OkStatus();
}

// RFC 6455 section 5.5: a control frame carries at most 125 bytes, two of which are the code.
absl::Status ReadReason(std::string_view value, std::string* option) {
  constexpr std::size_t kMaxReasonBytes = 123;
  if (value.size() > kMaxReasonBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("it has ", value.size(), " bytes; a close reason may have at most ", kMaxReasonBytes));
  }
  if (!text::IsUtf8(value)) return absl::InvalidArgumentError("a close reason must be UTF-8 text");
  *option = std::string(value);
  return absl::OkStatus();
}

}  // namespace

std::vector<Flag> CloseFlags(CloseOptions* options) {
  return {
      {.name = "code",
       .value = "CODE",
       .help = "WebSocket close code (default 1000)",
       .candidates = {.kind = Candidates::Kind::kWords, .text = "1000 1001 1008 1011 1012 1013"},
       .read = [options](std::string_view value) { return ReadCode(value, &options->code); }},
      {.name = "reason",
       .value = "TEXT",
       .help = "close reason that the browser sees (at most 123 bytes)",
       .read = [options](std::string_view value) { return ReadReason(value, &options->reason); }},
  };
}

}  // namespace viaduct::ctl
