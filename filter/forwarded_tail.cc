#include "filter/forwarded_tail.h"

#include "http/field.h"

namespace viaduct::filter {

void ForwardedTail::AddLine(std::string_view value) {
  const std::size_t comma = value.rfind(',');
  if (comma == std::string_view::npos) {
    before_last_ = last_;
    last_ = http::TrimWhitespace(value);
    if (count_ < 2) ++count_;
    return;
  }
  last_ = http::TrimWhitespace(value.substr(comma + 1));
  const std::string_view rest = value.substr(0, comma);
  const std::size_t previous = rest.rfind(',');
  before_last_ = http::TrimWhitespace(previous == std::string_view::npos ? rest : rest.substr(previous + 1));
  count_ = 2;
}

}  // namespace viaduct::filter
