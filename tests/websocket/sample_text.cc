#include "tests/websocket/sample_text.h"

#include <array>
#include <string_view>

namespace viaduct::websocket {

std::string SampleText(std::mt19937& random, std::size_t size) {
  constexpr std::array<std::string_view, 6> kWords = {"viaduct ",   R"({"type":"broadcast","from":")",  "Grüße, ",
                                                      "\U0001F600", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "\n"};
  std::string text;
  while (text.size() + 40 < size) {
    if (random() % 4 == 0) {
      for (int i = 0; i < 20; ++i) text.push_back(static_cast<char>(' ' + random() % 95));
    } else {
      text.append(kWords[random() % kWords.size()]);
    }
  }
  return text;
}

}  // namespace viaduct::websocket
