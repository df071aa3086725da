// Whatever fields a request has, the filter allows it exactly when a naive reading of the rules does, which joins lines
// and splits lists into strings; and the viewer it names is the one of that reading.
//
// Each line of the input is a field, "name: value"; the first byte's bit 0 says whether the request is an upgrade.

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <regex>
#include <string>
#include <string_view>
#include <vector>

#include "filter/evaluate.h"
#include "filter/explain.h"
#include "filter/policy.h"
#include "filter/request_view.h"
#include "http/field.h"
#include "tests/filter/request_builder.h"
#include "tests/fuzz/require.h"

namespace viaduct::filter {
namespace {

struct Line {
  std::string name;
  std::string value;
};

std::vector<Line> LinesOf(std::string_view text) {
  std::vector<Line> lines;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    lines.push_back({std::string(line.substr(0, colon)), std::string(http::TrimWhitespace(line.substr(colon + 1)))});
  }
  return lines;
}

// Returns views into `lines`.
std::vector<http::Field> FieldsOf(const std::vector<Line>& lines) {
  std::vector<http::Field> fields;
  for (const Line& line : lines) fields.push_back(http::Field{line.name, line.value});
  return fields;
}

std::string Lower(std::string text) {
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return text;
}

std::vector<std::string> ValuesOf(const std::vector<Line>& lines, std::string_view name) {
  std::vector<std::string> values;
  for (const Line& line : lines) {
    if (Lower(line.name) == name) values.push_back(line.value);
  }
  return values;
}

// Joins all of a field's lines, and returns the members between plain commas.
std::vector<std::string> MembersOf(const std::vector<std::string>& values) {
  std::vector<std::string> members;
  for (const std::string& value : values) {
    std::size_t begin = 0;
    for (;;) {
      const std::size_t comma = value.find(',', begin);
      members.emplace_back(http::TrimWhitespace(std::string_view(value).substr(begin, comma - begin)));
      if (comma == std::string::npos) break;
      begin = comma + 1;
    }
  }
  return members;
}

std::optional<ip::IpAddress> AddressIn(const std::string& text) {
  std::array<std::uint8_t, 4> v4;
  if (text.find('\0') != std::string::npos) return std::nullopt;
  if (inet_pton(AF_INET, text.c_str(), v4.data()) == 1) return ip::IpAddress::FromV4Bytes(v4);
  std::array<std::uint8_t, 16> v6;
  if (inet_pton(AF_INET6, text.c_str(), v6.data()) == 1) return ip::IpAddress::FromV6Bytes(v6);
  return std::nullopt;
}

std::optional<ip::IpAddress> MemberIn(const std::string& text) {
  if (const std::optional<ip::IpAddress> address = AddressIn(text)) return address;
  static const std::regex with_port(R"((?:([^:\[\]]*)|\[([^\[\]]*:[^\[\]]*)\]):([1-9][0-9]{0,4}))");
  std::smatch match;
  if (!std::regex_match(text, match, with_port) || std::stoi(match[3]) > 65535) return std::nullopt;
  return AddressIn(match[2].matched ? match[2].str() : match[1].str());
}

bool NamesTrusted(std::string name) {
  for (char& c : name) c = std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '-';
  static const std::regex names("via|host|origin|content-length|transfer-encoding");
  static const std::regex families("^(x-amz-cf-|x-forwarded-|x-viaduct-|sec-websocket-)");
  return std::regex_match(Lower(name), names) || std::regex_search(Lower(name), families);
}

bool FieldNamesAreFine(const std::vector<Line>& lines) {
  static const std::regex token("[!#$%&'*+.^_`|~0-9A-Za-z-]+");
  for (const Line& line : lines) {
    const bool plain = std::all_of(line.name.begin(), line.name.end(),
                                   [](unsigned char c) { return (c < 0x80 && std::isalnum(c) != 0) || c == '-'; });
    if (!plain && NamesTrusted(line.name)) return false;
    if (Lower(line.name) != "connection") continue;
    for (std::sregex_iterator it(line.value.begin(), line.value.end(), token), end; it != end; ++it) {
      if (NamesTrusted(it->str())) return false;
    }
  }
  return true;
}

// Returns Via with a 'C' in place of each comment; nullopt if it is malformed.
std::optional<std::string> WithoutComments(const std::string& value) {
  std::string result;
  int depth = 0;
  for (std::size_t i = 0; i < value.size(); ++i) {
    const auto c = static_cast<unsigned char>(value[i]);
    if ((c < 0x20 && c != '\t') || c == 0x7f) return std::nullopt;
    if (c == '(') ++depth;
    if (depth == 0) {
      if (c == ')' || c == '"' || c == '\\' || c >= 0x80) return std::nullopt;
      result += value[i];
    } else if (c == '\\') {
      if (++i == value.size()) return std::nullopt;
      const auto escaped = static_cast<unsigned char>(value[i]);
      if ((escaped < 0x20 && escaped != '\t') || escaped == 0x7f) return std::nullopt;
    } else if (c == ')' && --depth == 0) {
      result += 'C';
    }
  }
  if (depth != 0) return std::nullopt;
  return result;
}

std::string Joined(const std::vector<std::string>& values) {
  std::string joined;
  for (const std::string& value : values) joined += (&value == values.data() ? "" : ", ") + value;
  return joined;
}

bool ViaIsFine(const std::vector<std::string>& values) {
  std::string joined = Joined(values);
  const std::optional<std::string> bare = WithoutComments(joined);
  if (!bare) return false;
  std::string last_member;
  for (const std::string& member : MembersOf({*bare})) {
    if (!member.empty()) last_member = member;
  }
  static const std::regex member("(1\\.0|1\\.1|2|2\\.0|3|3\\.0) [0-9A-Za-z]+\\.cloudfront\\.net C");
  // The line itself must show that the comment is CloudFront's.
  joined.erase(joined.find_last_not_of(" \t,") + 1);
  return std::regex_match(last_member, member) && joined.ends_with(".cloudfront.net (CloudFront)");
}

// Returns the same head after a proxy that joins the lines of Via and X-Forwarded-For into one each, as Envoy does.
std::vector<Line> WithJoinedLines(const std::vector<Line>& lines) {
  std::vector<Line> result;
  for (const std::string_view name : {"via", "x-forwarded-for"}) {
    const std::vector<std::string> values = ValuesOf(lines, name);
    if (!values.empty()) result.push_back({std::string(name), Joined(values)});
  }
  for (const Line& line : lines) {
    if (Lower(line.name) != "via" && Lower(line.name) != "x-forwarded-for") result.push_back(line);
  }
  return result;
}

bool HostIsFine(const std::vector<std::string>& values) {
  static const std::regex ours("d1fhfqyui9h81a\\.cloudfront\\.net\\.?(:[0-9]{0,5})?", std::regex::icase);
  return values.size() == 1 && std::regex_match(values[0], ours);
}

bool OriginIsFine(const std::vector<std::string>& values, bool is_upgrade) {
  if (!is_upgrade || values.empty()) return true;
  return values.size() == 1 && values[0] == "https://d1fhfqyui9h81a.cloudfront.net";
}

bool CfIdIsFine(const std::vector<std::string>& values) {
  static const std::regex id("[A-Za-z0-9_=-]{1,256}");
  return values.size() == 1 && std::regex_match(values[0], id);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::shared_ptr<const Policy> policy = PolicyOf(GenuineSpec());
  // std::regex recurses once per character.
  if (size == 0 || size > 2048) return 0;
  const bool is_upgrade = (data[0] & 1) != 0;
  const std::vector<Line> lines = LinesOf({reinterpret_cast<const char*>(data) + 1, size - 1});
  const std::vector<http::Field> fields = FieldsOf(lines);

  const std::vector<std::string> members = MembersOf(ValuesOf(lines, "x-forwarded-for"));
  const std::size_t count = members.size();
  const std::optional<ip::IpAddress> edge = count > 0 ? MemberIn(members[count - 1]) : std::nullopt;
  const std::optional<ip::IpAddress> viewer = count > 1 ? MemberIn(members[count - 2]) : std::nullopt;
  const bool edge_is_fine = edge && policy->IsEdge(*edge);
  const bool expected = FieldNamesAreFine(lines) && edge_is_fine && viewer && ViaIsFine(ValuesOf(lines, "via")) &&
                        CfIdIsFine(ValuesOf(lines, "x-amz-cf-id")) && HostIsFine(ValuesOf(lines, "host")) &&
                        OriginIsFine(ValuesOf(lines, "origin"), is_upgrade);

  const RequestView request{.method = "GET", .target = "/websocket", .fields = fields, .is_upgrade = is_upgrade};
  const Verdict verdict = Evaluate(*policy, request, GenuineConnection());
  Require(verdict.allowed == expected, "the filter and the naive reading agree");
  Require(verdict.edge == edge.value_or(ip::IpAddress()), "the edge is the last member");
  Require(verdict.viewer == (edge_is_fine ? viewer : std::nullopt), "the viewer is the member before the last");
  Require(verdict.would_deny.empty(), "nothing is monitored");
  const std::vector<Line> joined_lines = WithJoinedLines(lines);
  const std::vector<http::Field> joined_fields = FieldsOf(joined_lines);
  RequestView joined = request;
  joined.fields = joined_fields;
  const Verdict of_joined = Evaluate(*policy, joined, GenuineConnection());
  Require(of_joined.allowed == verdict.allowed && of_joined.reason == verdict.reason, "joined lines are judged alike");
  Require(of_joined.viewer == verdict.viewer && of_joined.edge == verdict.edge, "joined lines name the same addresses");

  const Explanation explanation = Explain(*policy, request, GenuineConnection());
  const auto denial = std::find_if(explanation.checks.begin(), explanation.checks.end(), [](const CheckOutcome& check) {
    return check.result == CheckOutcome::Result::kDenied;
  });
  Require((denial == explanation.checks.end()) == verdict.allowed, "the explanation agrees");
  Require(verdict.allowed || denial->reason == verdict.reason, "the explanation has the verdict's reason");
  Require(!Evaluate(*policy, request, ConnectionFrom("192.0.2.1")).allowed, "no other peer is ever allowed");
  return 0;
}

}  // namespace viaduct::filter
