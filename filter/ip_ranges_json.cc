#include "filter/ip_ranges_json.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "text/concat.h"
#include "text/error.h"

namespace viaduct::filter {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kService = "CLOUDFRONT_ORIGIN_FACING";

// The shortest prefixes that are taken. AWS's own lists have none shorter than these by far.
constexpr int kMinV4Length = 8;
constexpr int kMinV6Length = 19;

constexpr std::string_view kTokenRule = "\"syncToken\" must be decimal digits";
constexpr std::string_view kDateRule = "\"createDate\" must have the form YYYY-MM-DD-hh-mm-ss";

// Returns true if `text` has a digit wherever `shape` has a 9, is otherwise equal to it, and is not empty.
bool HasShape(std::string_view text, std::string_view shape) {
  if (text.empty() || text.size() != shape.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool matches = shape[i] == '9' ? text[i] >= '0' && text[i] <= '9' : text[i] == shape[i];
    if (!matches) return false;
  }
  return true;
}

// Returns "line L, column C" of `json[offset]`.
std::string PlaceOf(std::string_view json, std::size_t offset) {
  const std::string_view before = json.substr(0, offset);
  const auto line = 1 + std::count(before.begin(), before.end(), '\n');
  const std::size_t newline = before.rfind('\n');
  const std::size_t column = newline == std::string_view::npos ? before.size() + 1 : before.size() - newline;
  return text::Concat("line ", line, ", column ", column);
}

// Iterates over the text for the parser and shows the event handler how far it has come; all copies share `*at`.
class Cursor {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  explicit Cursor(const char** at) : at_(at) {}
  reference operator*() const { return **at_; }
  Cursor& operator++() {
    ++*at_;
    return *this;
  }
  bool operator==(const Cursor& other) const { return *at_ == *other.at_; }

 private:
  const char** at_;
};

// One element of "prefixes" or "ipv6_prefixes".
struct Entry {
  std::size_t offset = 0;
  std::size_t prefix_offset = 0;
  std::optional<std::string> prefix;
  std::optional<std::string> service;
};

// Turns the parser's events into prefixes. An event's return value says whether to continue.
class Handler : public nlohmann::json_sax<Json> {
 public:
  explicit Handler(std::string_view json) : json_(json), at_(json.data()) {}

  const char** at() { return &at_; }
  text::Result<IpRanges> Finish();

  bool null() override { return Scalar("null"); }
  bool boolean(bool) override { return Scalar("a boolean"); }
  bool number_integer(std::int64_t) override { return Scalar("a number"); }
  bool number_unsigned(std::uint64_t) override { return Scalar("a number"); }
  bool number_float(double, const std::string&) override { return Scalar("a number"); }
  bool binary(Json::binary_t&) override { return Scalar("binary"); }
  bool string(std::string& value) override;
  bool start_object(std::size_t) override;
  bool key(std::string& name) override;
  bool end_object() override;
  bool start_array(std::size_t) override;
  bool end_array() override;
  bool parse_error(std::size_t position, const std::string& token, const nlohmann::detail::exception& error) override;

 private:
  // The place of the next event in the document.
  enum class Place { kStart, kDocument, kList, kEntry };

  bool Scalar(std::string_view kind);
  bool WrongType(std::string_view found);
  bool Fail(std::size_t offset, std::string_view rule);
  bool FailWith(std::size_t offset, const text::Error& error);
  bool Take(std::optional<std::string>& target, std::string& value);
  bool FinishEntry();
  bool InV6List() const { return list_key_ == "ipv6_prefixes"; }
  bool NamesList() const { return key_ == "prefixes" || key_ == "ipv6_prefixes"; }
  bool NamesText() const;

  // Returns where the token of this event begins: after the last one, white space and separators.
  std::size_t TokenOffset() const;
  // Call this at the end of each event.
  bool Continue() {
    last_event_end_ = static_cast<std::size_t>(at_ - json_.data());
    return true;
  }

  const std::string_view json_;
  const char* at_;
  std::size_t last_event_end_ = 0;

  Place place_ = Place::kStart;
  // The number of open objects and arrays inside the value of an unknown key.
  std::size_t ignored_depth_ = 0;
  std::string key_;
  std::string list_key_;
  bool seen_lists_[2] = {false, false};
  Entry entry_;
  std::optional<std::string> sync_token_;
  std::optional<std::string> create_date_;
  IpRanges ranges_;
  std::optional<text::Error> error_;
};

std::size_t Handler::TokenOffset() const {
  const std::size_t begin = json_.find_first_not_of(" \t\r\n:,", last_event_end_);
  return std::min(begin, json_.size());
}

bool Handler::Fail(std::size_t offset, std::string_view rule) {
  error_ = text::Error{text::Concat(PlaceOf(json_, offset), ": ", rule)};
  return false;
}

bool Handler::FailWith(std::size_t offset, const text::Error& error) {
  error_ = text::ErrorAt(PlaceOf(json_, offset), error);
  return false;
}

// Returns true if the current key's value must be a string.
bool Handler::NamesText() const {
  if (place_ == Place::kDocument) return key_ == "syncToken" || key_ == "createDate";
  return key_ == "service" || key_ == (InV6List() ? "ipv6_prefix" : "ip_prefix");
}

bool Handler::WrongType(std::string_view found) {
  const std::size_t offset = TokenOffset();
  const auto fail = [&](std::string_view what, std::string_view wanted) {
    return Fail(offset, text::Concat(what, " must be ", wanted, ", not ", found));
  };
  if (place_ == Place::kStart) return fail("the document", "an object");
  if (place_ == Place::kList) return fail(text::Concat("an element of \"", list_key_, "\""), "an object");
  return fail(text::Concat("\"", key_, "\""), place_ == Place::kDocument && NamesList() ? "an array" : "a string");
}

bool Handler::Scalar(std::string_view kind) {
  if (ignored_depth_ > 0) return Continue();
  const bool known = place_ == Place::kDocument ? NamesList() || NamesText() : place_ != Place::kEntry || NamesText();
  return known ? WrongType(kind) : Continue();
}

bool Handler::Take(std::optional<std::string>& target, std::string& value) {
  target = std::move(value);
  return Continue();
}

bool Handler::string(std::string& value) {
  const bool in_object = place_ == Place::kDocument || place_ == Place::kEntry;
  if (ignored_depth_ > 0 || !in_object || !NamesText()) return Scalar("a string");
  if (key_ == "syncToken") {
    if (!HasShape(value, std::string(value.size(), '9')))
      return FailWith(TokenOffset(), text::ValueError(value, kTokenRule));
    return Take(sync_token_, value);
  }
  if (key_ == "createDate") {
    if (!HasShape(value, "9999-99-99-99-99-99")) return FailWith(TokenOffset(), text::ValueError(value, kDateRule));
    return Take(create_date_, value);
  }
  if (key_ == "service") return Take(entry_.service, value);
  entry_.prefix_offset = TokenOffset();
  return Take(entry_.prefix, value);
}

bool Handler::key(std::string& name) {
  if (ignored_depth_ > 0) return Continue();
  key_ = std::move(name);
  bool repeated = false;
  if (place_ == Place::kDocument) {
    repeated = (key_ == "syncToken" && sync_token_) || (key_ == "createDate" && create_date_) ||
               (key_ == "prefixes" && seen_lists_[0]) || (key_ == "ipv6_prefixes" && seen_lists_[1]);
  } else if (NamesText()) {
    repeated = key_ == "service" ? entry_.service.has_value() : entry_.prefix.has_value();
  }
  if (repeated) return Fail(TokenOffset(), text::Concat("\"", key_, "\" is repeated"));
  return Continue();
}

bool Handler::start_object(std::size_t) {
  if (ignored_depth_ > 0) {
    ++ignored_depth_;
  } else if (place_ == Place::kStart) {
    place_ = Place::kDocument;
  } else if (place_ == Place::kList) {
    place_ = Place::kEntry;
    entry_ = Entry();
    entry_.offset = TokenOffset();
  } else if (NamesText() || (place_ == Place::kDocument && NamesList())) {
    return WrongType("an object");
  } else {
    ignored_depth_ = 1;
  }
  return Continue();
}

bool Handler::end_object() {
  if (ignored_depth_ > 0) {
    --ignored_depth_;
  } else if (place_ == Place::kEntry) {
    place_ = Place::kList;
    if (!FinishEntry()) return false;
  }
  return Continue();
}

bool Handler::start_array(std::size_t) {
  if (ignored_depth_ > 0) {
    ++ignored_depth_;
  } else if (place_ == Place::kDocument && NamesList()) {
    place_ = Place::kList;
    list_key_ = key_;
    seen_lists_[InV6List() ? 1 : 0] = true;
  } else if (place_ == Place::kStart || place_ == Place::kList || NamesText()) {
    return WrongType("an array");
  } else {
    ignored_depth_ = 1;
  }
  return Continue();
}

bool Handler::end_array() {
  if (ignored_depth_ > 0) {
    --ignored_depth_;
  } else {
    place_ = Place::kDocument;
  }
  return Continue();
}

bool Handler::FinishEntry() {
  if (!entry_.service) return Fail(entry_.offset, "this element has no \"service\"");
  if (*entry_.service != kService) return true;
  const std::string_view prefix_key = InV6List() ? "ipv6_prefix" : "ip_prefix";
  if (!entry_.prefix) return Fail(entry_.offset, text::Concat("this element has no \"", prefix_key, "\""));
  const text::Result<ip::AddressPrefix> prefix = ip::AddressPrefix::Parse(*entry_.prefix);
  if (!prefix.ok()) return FailWith(entry_.prefix_offset, prefix.error());
  if (prefix->first().is_v4() == InV6List()) {
    const std::string rule = text::Concat("is not of the address family of \"", list_key_, "\"");
    return FailWith(entry_.prefix_offset, text::ValueError(*entry_.prefix, rule));
  }
  if (prefix->length() < (InV6List() ? kMinV6Length : kMinV4Length)) {
    const std::string rule = text::Concat("is too wide for CloudFront: a prefix of this list has at least /",
                                          InV6List() ? kMinV6Length : kMinV4Length);
    return FailWith(entry_.prefix_offset, text::ValueError(*entry_.prefix, rule));
  }
  ranges_.prefixes.push_back(*prefix);
  return true;
}

bool Handler::parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception& error) {
  // The library's text is "[json.exception.parse_error.101] parse error at line 3, column 7: what is wrong; last read:
  // 'text'", or "[json.exception.out_of_range.406] number overflow parsing '1e999'". What was read may be as long
  // as the file, so it is not repeated.
  std::string_view reason = error.what();
  for (const std::string_view begin : {"] ", "parse error at line ", ": "}) {
    const std::size_t at = reason.find(begin);
    if (at != std::string_view::npos) reason.remove_prefix(at + begin.size());
  }
  for (const std::string_view end : {"; last read: ", " parsing '"}) reason = reason.substr(0, reason.find(end));
  return Fail(position == 0 ? 0 : position - 1, text::Concat("not JSON: ", reason));
}

text::Result<IpRanges> Handler::Finish() {
  if (error_) return *error_;
  const auto fail = [](std::string_view rule) { return text::Error{text::Concat("line 1, column 1: ", rule)}; };
  if (!sync_token_) return fail("the document has no \"syncToken\"");
  if (!create_date_) return fail("the document has no \"createDate\"");
  if (ranges_.prefixes.empty()) return fail(text::Concat("the document has no prefix of service ", kService));
  ranges_.sync_token = std::move(*sync_token_);
  ranges_.create_date = std::move(*create_date_);
  return std::move(ranges_);
}

}  // namespace

text::Result<IpRanges> ParseIpRangesJson(std::string_view json) {
  Handler handler(json);
  const char* end = json.data() + json.size();
  // The handler keeps the parser's error.
  Json::sax_parse(Cursor(handler.at()), Cursor(&end), &handler);
  return handler.Finish();
}

}  // namespace viaduct::filter
