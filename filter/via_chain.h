#pragma once

#include <cstddef>
#include <string_view>

namespace viaduct::filter {

// The last member of a request's Via (RFC 9110 section 7.6.3), over all its lines joined in order. The answer is the
// same whether or not a host in front, such as Envoy, has joined several lines into one.
//
// Members are separated by the grammar of lists, comments and quoted pairs, so a comma in a comment that a viewer sent
// does not separate. The content of the members before the last one is not judged: proxies write more there than the
// grammar allows. Views point into the lines that were added.
class ViaChain {
 public:
  // Adds the value of the next line.
  void AddLine(std::string_view value);

  // True if the lines cannot be split unambiguously: a comment is left open or closed twice, or there is a quote, a
  // backslash or anything but visible ASCII outside of comments. `last` is then meaningless.
  bool malformed() const { return broken_ || depth_ > 0; }
  // The last member without the white space around it; empty when there is none. If a comment of the member spans
  // several lines, this is the part in the last line, which closes more comments than it opens.
  std::string_view last() const { return last_; }

 private:
  std::size_t SkipComment(std::string_view text, std::size_t begin);
  std::size_t MemberEnd(std::string_view text);

  bool broken_ = false;
  // The number of comments that the lines so far left open.
  std::size_t depth_ = 0;
  std::string_view last_;
};

// Returns true if a member of Via is one that CloudFront writes: "<version> <id>.cloudfront.net (CloudFront)", byte for
// byte, where the version is the viewer's HTTP version and the id consists of letters and digits.
bool IsCloudFrontVia(std::string_view member);

}  // namespace viaduct::filter
