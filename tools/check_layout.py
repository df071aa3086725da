"""Checks what neither compiler nor formatter sees: sizes, charters, headers, that tests mirror their sources, and that the
tests which documents name exist.

Usage: check_layout.py [ROOT]. Prints one line a finding, "path:line: rule", and ends with 1 if there is any.
"""

import os
import re
import sys

MAX_LINES = 500
CHECKED = (".bzl", ".cc", ".css", ".h", ".html", ".js", ".proto", ".py", ".sh", "BUILD.bazel", "/dev", "tools/up")
NOT_OURS = (".git", "__pycache__", "bench-results", "conformance-reports")
# Rooms of tests that mirror no room of sources.
UNMIRRORED = ("browser", "conformance", "faults", "fuzz", "integration", "support")

# For a kind of file, what no line of it may match, and why.
FORBIDDEN = [
    (".h", r"#include <boost/(asio|beast)", "Asio and Beast are slow to compile: not in a header"),
    (".h", r"using namespace\b", "no using-directive"),
    (".cc", r"using namespace (?!std::\w*literals;)", "no using-directive but for the standard library's literals"),
    (".h", r"asio::detached\b", "whatever is spawned is awaited by someone"),
    (".cc", r"asio::detached\b", "whatever is spawned is awaited by someone"),
]


def files(root):
    """Yields the paths below root, relative to it; not Git's, not what runs left, and not through Bazel's links."""
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(f for f in folders if f not in NOT_OURS)
        for name in sorted(names):
            yield os.path.relpath(os.path.join(folder, name), root)


def check_lines(path, lines):
    """Yields (line, rule) for what a file's own lines break."""
    # A BUILD.bazel lists the files of its room, a target for each: it is as long as the room has ideas.
    if len(lines) > MAX_LINES and not path.endswith("BUILD.bazel"):
        yield MAX_LINES + 1, f"{len(lines)} lines, {MAX_LINES} are the limit"
    if path.endswith("BUILD.bazel") and not (lines and re.match(r"# \S", lines[0])):
        yield 1, "a BUILD.bazel begins with its room's charter as a comment"
    if path.endswith(".h") and "#pragma once" not in lines:
        yield 1, "a header has #pragma once"
    for suffix, pattern, rule in FORBIDDEN:
        if path.endswith(suffix):
            for number, line in enumerate(lines, 1):
                if re.search(pattern, line.split("//")[0]):
                    yield number, rule


def check_mirror(path, lines, present):
    """Returns the rule that a test file breaks by its place, or None."""
    match = re.fullmatch(r"tests/((\w+)/(?:.*/)?)(\w+)_test\.cc", path)
    if match is None or match[2] in UNMIRRORED:
        return None
    folder, _, name = match.groups()
    # hub_test tests hub, and so does hub_order_test.
    words = name.split("_")
    stems = [folder + "_".join(words[: length + 1]) for length in range(len(words))]
    if any(stem + suffix in present for stem in stems for suffix in (".cc", ".h")):
        return None
    # A test of several files of the room, or of its program as a whole by the tests' own support.
    if any(line.startswith((f'#include "{folder}', f'#include "tests/{folder}')) for line in lines):
        return None
    return f"tests nothing of {folder}: not by its name, and it includes no header from there"


def case_names(lines):
    """Yields "Suite.name" of each test case of googletest or unittest."""
    for match in re.finditer(r"^TEST(?:_[FP])?\(\s*(\w+),\s*(\w+)\)", "\n".join(lines), re.MULTILINE):
        yield f"{match[1]}.{match[2]}"
    suite = None
    for line in lines:
        if match := re.match(r"class (\w+)\(", line):
            suite = match[1]
        elif match := re.match(r"    (?:async )?def (test_\w+)\(", line):
            yield f"{suite}.{match[1]}"


def check_named_tests(lines, names):
    """Yields (line, rule) for each test that a document names in backticks and that does not exist."""
    for number, line in enumerate(lines, 1):
        for name in re.findall(r"`(\w+Test\.\w+)`", line):
            if name not in names:
                yield number, f"there is no test {name}"


def check(root):
    """Returns the findings, as lines to print."""
    present = set(files(root))
    findings = []
    names = set()
    documents = {}
    for path in sorted(present):
        if not ("/" + path).endswith(CHECKED + (".md",)):
            continue
        with open(os.path.join(root, path), encoding="utf-8") as source:
            lines = source.read().splitlines()
        if path.endswith(".md"):
            documents[path] = lines
            continue
        names.update(case_names(lines))
        findings += [f"{path}:{number}: {rule}" for number, rule in check_lines(path, lines)]
        misplaced = check_mirror(path, lines, present)
        if misplaced is not None:
            findings.append(f"{path}:1: {misplaced}")
    for path, lines in documents.items():
        findings += [f"{path}:{number}: {rule}" for number, rule in check_named_tests(lines, names)]
    return findings


def main():
    # The source tree, also when Bazel runs this by a link.
    default = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
    findings = check(sys.argv[1] if len(sys.argv) > 1 else default)
    for finding in findings:
        print(finding)
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
