#pragma once

#include <cstddef>
#include <string_view>

namespace viaduct::filter {

// The last member of a request's Via (RFC 9110 section 7.6.3), over all its lines joined in order: whether a host in
// front, such as Envoy, made one line of several or not, the answer is the same.
//
// Members are told apart by the grammar of lists, comments and quoted pairs, so that a comma in a comment that a viewer
// sent separates nothing. What the members before the last one say is not judged: proxies write more there than the
// grammar allows. Views point into the lines that were added.
class ViaChain {
 public:
  // Takes the next line's value.
  void AddLine(std::string_view value);

  // Whether it cannot be split without doubt: a comment is left open or closed twice, or outside of comments stands a
  // quote, a backslash or anything but visible ASCII. `last` means nothing then.
  bool malformed() const { return broken_ || depth_ > 0; }
  // The last member without white space around it; empty when there is none. Of a member with a comment over several
  // lines, what stands in the last of them: more comments are closed there than opened.
  std::string_view last() const { return last_; }

 private:
  std::size_t SkipComment(std::string_view text, std::size_t begin);
  std::size_t MemberEnd(std::string_view text);

  bool broken_ = false;
  // How many comments the lines so far left open.
  std::size_t depth_ = 0;
  std::string_view last_;
};

// Whether a member of Via is one that CloudFront writes: "<version> <id>.cloudfront.net (CloudFront)", byte for byte,
// where the version is the viewer's HTTP version and the id is letters and digits.
bool IsCloudFrontVia(std::string_view member);

}  // namespace viaduct::filter
