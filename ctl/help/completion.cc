#include "ctl/help/completion.h"

namespace viaduct::ctl {
namespace {

// Bash breaks words at ":" and "=", as in "--endpoint=unix:/run/chat.sock"; they are joined again, and what it replaces
// is only the part behind the last break.
constexpr std::string_view kBash = R"sh(# bash completion of viaductctl: source <(viaductctl completion bash)
_viaductctl() {
  local word line glue='' current prefix=''
  local -a words=() lines=()
  for word in "${COMP_WORDS[@]:1:COMP_CWORD}"; do
    if [[ ${#words[@]} -gt 0 && ( -n "$glue" || "$word" == [:=]* ) ]]; then
      words[-1]+="$word"
    else
      words+=("$word")
    fi
    if [[ "$word" == *[:=] ]]; then glue=1; else glue=''; fi
  done
  current="${words[-1]}"
  if [[ "$current" == *[:=]* ]]; then prefix="${current%"${current##*[:=]}"}"; fi
  COMPREPLY=()
  mapfile -t lines < <("${COMP_WORDS[0]}" __complete "${words[@]}" 2>/dev/null)
  if [[ "${lines[0]}" == :files ]]; then
    compopt -o filenames
    mapfile -t COMPREPLY < <(compgen -f -- "${current#"$prefix"}")
    return
  fi
  for line in "${lines[@]}"; do
    word="${line%%$'\t'*}"
    COMPREPLY+=("${word#"$prefix"}")
  done
}
complete -F _viaductctl viaductctl
)sh";

// Works as an autoloaded file of $fpath and when it is sourced.
constexpr std::string_view kZsh = R"sh(#compdef viaductctl
_viaductctl() {
  local line word
  local -a lines described
  lines=("${(@f)$("${words[1]}" __complete "${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ "${lines[1]}" == :files ]]; then
    _files
    return
  fi
  for line in "${lines[@]}"; do
    word="${line%%$'\t'*}"
    [[ -n "$word" ]] || continue
    if [[ "$line" == *$'\t'* ]]; then
      described+=("${word//:/\\:}:${line#*$'\t'}")
    else
      described+=("${word//:/\\:}")
    fi
  done
  _describe -V viaductctl described
}
if [[ "${funcstack[1]}" == _viaductctl ]]; then
  _viaductctl "$@"
else
  compdef _viaductctl viaductctl
fi
)sh";

constexpr std::string_view kFish = R"fish(# fish completion of viaductctl: viaductctl completion fish | source
function __viaductctl_candidates
  set -l current (commandline -ct)
  set -l words (commandline -opc)
  set -l lines ($words[1] __complete $words[2..-1] "$current" 2>/dev/null)
  if test "$lines[1]" = :files
    __fish_complete_path "$current"
  else
    printf '%s\n' $lines
  end
end
complete -c viaductctl -f -a '(__viaductctl_candidates)'
)fish";

}  // namespace

absl::StatusOr<std::string> CompletionScript(std::string_view shell) {
  if (shell == "bash") return std::string(kBash);
  if (shell == "zsh") return std::string(kZsh);
  if (shell == "fish") return std::string(kFish);
  return absl::InvalidArgumentError("completion: expected bash, zsh or fish");
}

}  // namespace viaduct::ctl
