#pragma once

#include <chrono>
#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <variant>

#include "ops/log/json_key.h"
#include "ops/log/log_line.h"
#include "ops/log/log_sink.h"

namespace viaduct::ops {

// One member of a rare line, e.g. {"path", path} or {"count", 3}. Does not own its text.
struct LogField {
  LogField(const JsonKey& name, std::string_view text) : key(name), value(text) {}
  LogField(const JsonKey& name, const char* text) : key(name), value(std::string_view(text)) {}
  LogField(const JsonKey& name, const std::string& text) : key(name), value(std::string_view(text)) {}
  LogField(const JsonKey& name, std::same_as<bool> auto fact) : key(name), value(fact) {}
  LogField(const JsonKey& name, std::signed_integral auto number) : key(name), value(std::int64_t{number}) {}
  template <std::unsigned_integral Number>
    requires(!std::same_as<Number, bool>)
  LogField(const JsonKey& name, Number number) : key(name), value(std::uint64_t{number}) {}

  JsonKey key;
  std::variant<std::string_view, bool, std::int64_t, std::uint64_t> value;
};

// Writes the rare lines of a program, such as where it listens, that it drains, or that a file could not be read. Code
// that writes a million lines builds them with LogLines instead.
//
// Thread-safe. The sink must outlive it.
class Logger {
 public:
  // Lines begin with the sink's lines(), or with `lines` if given.
  explicit Logger(LogSink* sink);
  Logger(LogSink* sink, LogLines lines);

  void Log(LogLevel level, std::chrono::system_clock::time_point now, std::string_view msg,
           std::initializer_list<LogField> fields = {}) const;

 private:
  LogSink* sink_;
  LogLines lines_;
};

}  // namespace viaduct::ops
