#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ip/address_ranges.h"
#include "text/result.h"

namespace viaduct::filter {

// The addresses from which CloudFront connects to origins, as AWS published them at one time. A value.
struct IpRanges {
  // Neither sorted nor disjoint.
  std::vector<ip::AddressPrefix> prefixes;
  // AWS's version number of the list: seconds since 1970, in decimal.
  std::string sync_token;
  // When AWS made the list, in UTC: "YYYY-MM-DD-hh-mm-ss".
  std::string create_date;

  friend bool operator==(const IpRanges&, const IpRanges&) = default;
};

// Reads AWS's ip-ranges.json and keeps the prefixes of service CLOUDFRONT_ORIGIN_FACING of both families and every
// region: some of them are not in region GLOBAL.
//
// Ignores unknown keys, since AWS may add some. Anything else that is not as documented is an error that begins with
// "line L, column C: " (counted from 1, columns in bytes). A list without such a prefix is an error, too: the result is
// never an empty list. So is a prefix that holds more addresses than CloudFront can have, such as 0.0.0.0/0: it would
// switch off the check of the edge.
// https://docs.aws.amazon.com/vpc/latest/userguide/aws-ip-ranges.html
text::Result<IpRanges> ParseIpRangesJson(std::string_view json);

}  // namespace viaduct::filter
