#pragma once

namespace viaduct::text {

// Returns false for characters that a terminal could take for a command, or that hide or reorder other text: C0 and C1
// controls, the bidirectional and other invisible format characters, and the line separators.
bool IsTerminalSafe(char32_t c);

}  // namespace viaduct::text
