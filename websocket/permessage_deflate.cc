#include "websocket/permessage_deflate.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "text/ascii.h"
#include "websocket/deflater.h"
#include "websocket/inflater.h"

namespace viaduct::websocket {
namespace {

constexpr std::string_view kName = "permessage-deflate";
constexpr std::string_view kServerNoContext = "server_no_context_takeover";
constexpr std::string_view kClientNoContext = "client_no_context_takeover";
constexpr std::string_view kServerWindow = "server_max_window_bits";
constexpr std::string_view kClientWindow = "client_max_window_bits";

bool IsTokenCharacter(char c) {
  constexpr std::string_view kOthers = "!#$%&'*+-.^_`|~";
  const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  return letter || kOthers.find(c) != std::string_view::npos;
}

// Reads the grammar of RFC 6455 section 9.1 from the left. A missing element consumes nothing but spaces.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : rest_(text) {}

  bool empty() const { return rest_.empty(); }
  bool Take(char c) {
    SkipSpace();
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    SkipSpace();
    return true;
  }
  std::optional<std::string> Token() {
    SkipSpace();
    std::string token;
    while (!rest_.empty() && IsTokenCharacter(rest_.front())) Move(&token);
    SkipSpace();
    if (token.empty()) return std::nullopt;
    return token;
  }
  // Reads a token, or a quoted string that holds one.
  std::optional<std::string> Value() {
    if (!Take('"')) return Token();
    std::string value;
    while (!rest_.empty() && rest_.front() != '"') {
      if (rest_.front() == '\\') rest_.remove_prefix(1);
      if (rest_.empty() || !IsTokenCharacter(rest_.front())) return std::nullopt;
      Move(&value);
    }
    if (!Take('"') || value.empty()) return std::nullopt;
    return value;
  }

 private:
  void SkipSpace() {
    while (!rest_.empty() && (rest_.front() == ' ' || rest_.front() == '\t')) rest_.remove_prefix(1);
  }
  void Move(std::string* to) {
    to->push_back(rest_.front());
    rest_.remove_prefix(1);
  }

  std::string_view rest_;
};

// One offer; `valid` is false if it breaks the rules for its parameters.
struct Offer {
  bool valid = true;
  bool server_no_context = false;
  bool client_no_context = false;
  std::optional<int> server_window;
  bool client_window_known = false;  // the client can be told, and may have told
  std::optional<int> client_window;
};

// Reads a number of bits: 8 to 15, without leading zeros.
std::optional<int> WindowBits(const std::optional<std::string>& value) {
  if (value == "8") return 8;
  if (value == "9") return 9;
  if (value && value->size() == 2 && (*value)[0] == '1' && (*value)[1] >= '0' && (*value)[1] <= '5') {
    return 10 + ((*value)[1] - '0');
  }
  return std::nullopt;
}

// Notes one parameter. Returns false if it is unknown, repeated, or has a value that is not allowed.
bool Note(const std::string& name, const std::optional<std::string>& value, Offer* offer) {
  if (text::EqualsIgnoreCase(name, kServerNoContext)) {
    if (offer->server_no_context || value) return false;
    return offer->server_no_context = true;
  }
  if (text::EqualsIgnoreCase(name, kClientNoContext)) {
    if (offer->client_no_context || value) return false;
    return offer->client_no_context = true;
  }
  if (text::EqualsIgnoreCase(name, kServerWindow)) {
    if (offer->server_window) return false;
    offer->server_window = WindowBits(value);
    return offer->server_window.has_value();
  }
  if (text::EqualsIgnoreCase(name, kClientWindow)) {
    if (offer->client_window_known) return false;
    offer->client_window_known = true;
    offer->client_window = WindowBits(value);
    return !value || offer->client_window.has_value();
  }
  return false;
}

// Reads the parameters of one extension. Returns nullopt if they break the grammar.
std::optional<Offer> ReadParameters(Cursor* cursor) {
  Offer offer;
  while (cursor->Take(';')) {
    const std::optional<std::string> name = cursor->Token();
    if (!name) return std::nullopt;
    std::optional<std::string> value;
    if (cursor->Take('=')) {
      value = cursor->Value();
      if (!value) return std::nullopt;
    }
    offer.valid = Note(*name, value, &offer) && offer.valid;
  }
  return offer;
}

std::optional<DeflateAgreement> Accept(const Offer& offer, const DeflatePolicy& policy) {
  if (!offer.valid) return std::nullopt;
  DeflateAgreement agreement;
  agreement.server_window_bits = std::min(policy.server_window_bits, offer.server_window.value_or(15));
  if (agreement.server_window_bits < Deflater::kMinWindowBits) return std::nullopt;
  agreement.names_server_window = offer.server_window.has_value();
  if (policy.client_context == DeflateContext::kNone || offer.client_no_context) return agreement;
  agreement.client_window_bits = offer.client_window.value_or(15);
  if (agreement.client_window_bits > policy.client_window_bits) {
    if (!offer.client_window_known) return agreement;
    agreement.client_window_bits = policy.client_window_bits;
    agreement.names_client_window = true;
  }
  agreement.client_context = DeflateContext::kTakenOver;
  return agreement;
}

}  // namespace

std::string DeflateAgreement::Answer() const {
  std::string answer(kName);
  const auto add = [&](std::string_view parameter) { answer.append("; ").append(parameter); };
  add(kServerNoContext);
  if (client_context == DeflateContext::kNone) add(kClientNoContext);
  if (names_server_window) add(std::string(kServerWindow) + "=" + std::to_string(server_window_bits));
  if (names_client_window) add(std::string(kClientWindow) + "=" + std::to_string(client_window_bits));
  return answer;
}

std::optional<DeflateAgreement> AgreeOnDeflate(std::string_view extensions, const DeflatePolicy& policy) {
  Cursor cursor(extensions);
  while (true) {
    while (cursor.Take(',')) {
    }
    const std::optional<std::string> name = cursor.Token();
    if (!name) return std::nullopt;
    const std::optional<Offer> offer = ReadParameters(&cursor);
    if (!offer || (!cursor.empty() && !cursor.Take(','))) return std::nullopt;
    if (!text::EqualsIgnoreCase(*name, kName)) continue;
    if (const std::optional<DeflateAgreement> agreement = Accept(*offer, policy)) return agreement;
  }
}

}  // namespace viaduct::websocket
