"""Writes compile_commands.json for editors from what Bazel would run.

Usage: bazel aquery --output=jsonproto 'mnemonic("CppCompile", //...)' | compdb.py ROOT >compile_commands.json
"""

import json
import sys

# Bazel's flags that an editor's clang cannot use: module maps for layering_check, dependency files, outputs.
DROPPED = ("-fmodule", "-fmodules-strict-decluse", "-frandom-seed=", "-MD", "-Wprivate-header")
DROPPED_WITH_VALUE = ("-MF", "-o")


def command_of(arguments):
    """Returns the arguments that an editor needs."""
    kept = []
    following = iter(arguments)
    for argument in following:
        if argument in DROPPED_WITH_VALUE:
            next(following)
        elif not argument.startswith(DROPPED):
            kept.append(argument)
    return kept


def entries(graph, root):
    """Yields an entry for each source file; `root` is the folder that paths are relative to."""
    done = set()
    for action in graph.get("actions", []):
        arguments = action["arguments"]
        file = arguments[arguments.index("-c") + 1]
        if file not in done:
            done.add(file)
            yield {"directory": root, "file": file, "arguments": command_of(arguments)}


def main():
    json.dump(list(entries(json.load(sys.stdin), sys.argv[1])), sys.stdout, indent=1)
    print()


if __name__ == "__main__":
    main()
