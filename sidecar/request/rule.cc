#include "sidecar/request/rule.h"

#include <algorithm>

namespace viaduct::sidecar {
namespace {

template <typename List>
void AddWords(const List& list, std::vector<std::string_view>* words) {
  for (const auto error : list) words->push_back(Rule(error).word());
}

}  // namespace

std::vector<std::string_view> Rule::Words() {
  std::vector<std::string_view> words;
  AddWords(http::kHeadErrors, &words);
  AddWords(http::kBodyErrors, &words);
  AddWords(kRouteErrors, &words);
  AddWords(kUpgradeErrors, &words);
  AddWords(kSwitchErrors, &words);
  AddWords(websocket::kFrameErrors, &words);
  AddWords(net::kProxyHeaderErrors, &words);
  std::sort(words.begin(), words.end());
  words.erase(std::unique(words.begin(), words.end()), words.end());
  return words;
}

}  // namespace viaduct::sidecar
