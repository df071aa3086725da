#pragma once

#include <string>
#include <string_view>

namespace viaduct::ctl {

// The attention that a word of a result needs.
enum class Tone { kPlain, kWarning, kBad };

// Returns the tone of a state or a verdict: kBad for "denied", "wrong", and a verdict with a 4xx or 5xx status,
// "403 denied: via_missing"; kWarning for "draining", "drained", "would_deny" and "advice".
Tone ToneOf(std::string_view text);

// Returns `text` in the tone's colour of an ANSI terminal; unchanged if it is plain.
std::string Colored(std::string text, Tone tone);

}  // namespace viaduct::ctl
