#include "ctl/chat/message_payload.h"

#include <cstddef>

#include "absl/strings/str_cat.h"
#include "ctl/output/file.h"
#include "text/utf8.h"

namespace viaduct::ctl {
namespace {

// The most that a chat can be configured to accept (max_message_bytes of api/origin/v1).
constexpr std::size_t kMaxMessageBytes = 64 * 1024 * 1024;

absl::Status Usage(std::string message) { return absl::InvalidArgumentError(message); }

}  // namespace

Flag BinaryFileFlag(std::string* binary_file) {
  return {.name = "binary-file",
          .value = "FILE",
          .help = "send this file as one binary message instead of TEXT",
          .candidates = {.kind = Candidates::Kind::kFiles},
          .read = ReadText(binary_file)};
}

absl::Status CheckPayload(std::string_view command, const PayloadSource& source) {
  const bool has_file = !source.binary_file.empty();
  if (source.text && has_file) return Usage("give either TEXT or --binary-file, not both");
  if (!source.text && !has_file) {
    return Usage(absl::StrCat("'", std::string(command), "' needs TEXT, - or --binary-file FILE"));
  }
  if (!source.text) return absl::OkStatus();
  if (source.text->empty()) return Usage("TEXT is empty");
  if (!text::IsUtf8(*source.text)) return Usage("TEXT is not UTF-8; use --binary-file for other bytes");
  return absl::OkStatus();
}

absl::StatusOr<Payload> ReadPayload(const PayloadSource& source) {
  const bool binary = !source.binary_file.empty();
  if (!binary && *source.text != "-") return Payload{.binary = false, .content = *source.text};
  absl::StatusOr<std::string> content = ReadInput(binary ? source.binary_file : "-", kMaxMessageBytes);
  if (!content.ok()) return content.status();
  if (!binary) {
    if (content->ends_with('\n')) content->pop_back();
    if (content->ends_with('\r')) content->pop_back();
  }
  if (content->empty()) return Usage("nothing to send: the input is empty");
  if (!binary && !text::IsUtf8(*content)) {
    return Usage("standard input is not UTF-8 text; use --binary-file for other bytes");
  }
  return Payload{.binary = binary, .content = *std::move(content)};
}

}  // namespace viaduct::ctl
