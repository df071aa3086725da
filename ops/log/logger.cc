#include "ops/log/logger.h"

#include <utility>

#include "ops/log/json_line.h"
#include "text/text_buffer.h"

namespace viaduct::ops {
namespace {

struct AddField {
  JsonLine* line;
  const JsonKey& key;

  void operator()(std::string_view value) const { line->String(key, value); }
  void operator()(bool value) const { line->Bool(key, value); }
  void operator()(std::int64_t value) const { line->Int(key, value); }
  void operator()(std::uint64_t value) const { line->Uint(key, value); }
};

}  // namespace

Logger::Logger(LogSink* sink) : Logger(sink, sink->lines()) {}

Logger::Logger(LogSink* sink, LogLines lines) : sink_(sink), lines_(std::move(lines)) {}

void Logger::Log(LogLevel level, std::chrono::system_clock::time_point now, std::string_view msg,
                 std::initializer_list<LogField> fields) const {
  // A copy, since the text of the time that it remembers belongs to one thread.
  LogLines lines = lines_;
  text::TextBuffer text;
  JsonLine line = lines.Start(&text, level, now);
  for (const LogField& field : fields) std::visit(AddField{&line, field.key}, field.value);
  line.End(msg);
  sink_->Write(text.view());
}

}  // namespace viaduct::ops
