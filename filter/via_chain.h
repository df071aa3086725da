#pragma once

#include <string_view>

namespace viaduct {

// The last member of a request's Via (RFC 9110 section 7.6.3), over all its lines joined in order.
//
// Members are told apart by the grammar of lists, comments and quoted pairs, so that a comma in a comment that a viewer
// sent separates nothing. What the members before the last one say is not judged: proxies write more there than the
// grammar allows. Views point into the lines that were added.
class ViaChain {
 public:
  // Takes the next line's value.
  void AddLine(std::string_view value);

  // Whether some line cannot be split without doubt: a comment is left open or closed twice, or outside of comments
  // stands a quote, a backslash or anything but visible ASCII. `last` means nothing then.
  bool malformed() const { return malformed_; }
  // The last member without white space around it; empty when there is none.
  std::string_view last() const { return last_; }

 private:
  bool malformed_ = false;
  std::string_view last_;
};

// Whether a member of Via is one that CloudFront writes: "<version> <id>.cloudfront.net (CloudFront)", byte for byte,
// where the version is the viewer's HTTP version and the id is letters and digits.
bool IsCloudFrontVia(std::string_view member);

}  // namespace viaduct
