"""Checks what neither compiler nor formatter sees: sizes of files and folders, charters, headers, namespaces, that a
class lives in one file pair, that tests mirror their sources, and that the tests which documents name exist.

Usage: check_layout.py [ROOT]. Prints one line a finding, "path:line: rule", and ends with 1 if there is any.
"""

import os
import re
import sys

MAX_LINES = 500
# Limits for a folder of production code: file pairs, and lines of its BUILD.bazel. A pair takes 5 to 15 lines.
MAX_PAIRS = 25
MAX_BUILD_LINES = 195
# Rooms that are one folder by design, and fill it.
FLAT_ROOMS = ("filter", "net")
MAX_FLAT_BUILD_LINES = 250
CHECKED = (".bzl", ".cc", ".css", ".h", ".html", ".js", ".proto", ".py", ".sh", ".ts", "BUILD.bazel", "/dev")
NOT_OURS = (".git", "__pycache__", "bench-results", "conformance-reports", "dist", "node_modules", "cdk.out")
# Rooms of tests that do not mirror a room of sources.
UNMIRRORED = ("browser", "conformance", "faults", "fuzz", "integration", "support")
# Top-level folders that are not rooms: they have no namespace of their own and no production code of ours.
NO_ROOM = ("third_party",)

# The rooms that the thread sanitizer is spared, and what none of their sources and tests may have.
THREADLESS = "tools/threadless.txt"
THREADS = re.compile(r"\bstd::(?:j?thread|async|mutex|atomic)\b|\babsl::Mutex\b|\bpthread_create\b")

# For each kind of file: a pattern that no line may match, and the reason.
FORBIDDEN = [
    (".h", r"#include <boost/(asio|beast)", "Asio and Beast are slow to compile: not in a header"),
    (".h", r"using namespace\b", "no using-directive"),
    (".cc", r"using namespace (?!std::\w*literals;)", "no using-directive but for the standard library's literals"),
    (".h", r"asio::detached\b", "whatever is spawned is awaited by someone"),
    (".cc", r"asio::detached\b", "whatever is spawned is awaited by someone"),
]


def files(root):
    """Yields the paths below root, relative to it, without those of Git, of build outputs and behind Bazel's links."""
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(f for f in folders if f not in NOT_OURS)
        for name in sorted(names):
            yield os.path.relpath(os.path.join(folder, name), root)


def is_production(path):
    """Returns True if a path is of our production code, not of tests or third parties."""
    return not path.startswith(tuple(room + "/" for room in ("tests", *NO_ROOM)))


def check_folders(paths):
    """Yields a finding for each folder of production code with too many file pairs."""
    pairs = {}
    for path in paths:
        stem, suffix = os.path.splitext(path)
        # Tests are not counted: their folders mirror those of sources, and a source may have several tests.
        if suffix in (".cc", ".h") and is_production(path):
            pairs.setdefault(os.path.dirname(path), set()).add(stem)
    for folder, stems in sorted(pairs.items()):
        if len(stems) > MAX_PAIRS:
            yield f"{folder}/BUILD.bazel:1: {len(stems)} file pairs in the folder, {MAX_PAIRS} are the limit"


def check_namespace(path, lines):
    """Yields (line, rule) if the code is in another namespace than its room's."""
    match = re.fullmatch(r"(?:tests/)?(\w+)/.*\.(?:cc|h)", path)
    if match is None or match[1] in NO_ROOM + UNMIRRORED:
        return
    wanted = f"viaduct::{match[1]}"
    found = [
        (number, name[1])
        for number, line in enumerate(lines, 1)
        if (name := re.match(r"namespace (viaduct\b[\w:]*) \{", line))
    ]
    if all(name != wanted for _, name in found):
        yield 1, f"nothing is in namespace {wanted}"
    for number, name in found:
        if name != wanted:
            yield number, f"namespace {name} in a file of {wanted}"


def defined_classes(lines):
    """Yields the name of each class that the lines define, including nested ones."""
    for line in lines:
        if match := re.match(r"\s*(?:template <.*> )?(?:class|struct) (?:[A-Z_]+(?:\(.*\))? )?(\w+)[^;]*\{", line):
            yield match[1]


def defined_members(lines):
    """Yields (line, class) for each member function that the lines define outside of its class.

    Only what begins at the left margin is looked at: clang-format indents all but what stands in a namespace.
    """
    for number, line in enumerate(lines, 1):
        # Only a type may precede the name: no call, no assignment.
        if match := re.match(r"(?:\w[\w:<>,&*\[\] ]*[ &*])?(?:\w+::)*([A-Z]\w*)::(?:~?\w+|operator[^(]+)\(", line):
            yield number, match[1]


def check_classes(classes, members):
    """Yields a finding for each member function that is defined in another file pair than its class.

    `classes`: the names that each path without suffix defines. `members`: (path, line, class).
    """
    homes = {}
    for stem, names in classes.items():
        for name in names:
            homes.setdefault((os.path.dirname(stem), name), stem)
    for path, line, name in members:
        stem = os.path.splitext(path)[0]
        home = homes.get((os.path.dirname(path), name))
        if home is not None and name not in classes[stem]:
            yield f"{path}:{line}: a member of {name}, which is at home in {home}.h: a class lives in one file pair"


def check_lines(path, lines):
    """Yields (line, rule) for each rule that a file's own lines break."""
    limit = MAX_LINES
    if path.endswith("BUILD.bazel") and is_production(path):
        limit = MAX_FLAT_BUILD_LINES if os.path.dirname(path) in FLAT_ROOMS else MAX_BUILD_LINES
    if len(lines) > limit:
        yield limit + 1, f"{len(lines)} lines, {limit} are the limit"
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
    """Returns the rule that a test file breaks by its path, or None."""
    match = re.fullmatch(r"tests/((\w+)/(?:.*/)?)(\w+)_test\.cc", path)
    if match is None or match[2] in UNMIRRORED:
        return None
    folder, _, name = match.groups()
    # hub_test tests hub, and so does hub_order_test.
    words = name.split("_")
    stems = [folder + "_".join(words[: length + 1]) for length in range(len(words))]
    if any(stem + suffix in present for stem in stems for suffix in (".cc", ".h")):
        return None
    # A test of several files of the room, or of the whole program by the tests' own support.
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


def check_threadless(root, present):
    """Yields a finding for each use of threads in the rooms of THREADLESS, and for each room there without tests."""
    if THREADLESS not in present:
        return
    with open(os.path.join(root, THREADLESS), encoding="utf-8") as file:
        rooms = [line for line in file.read().splitlines() if not line.startswith("#")]
    for room in rooms:
        if f"tests/{room}/BUILD.bazel" not in present:
            yield f"{THREADLESS}:1: there are no tests of {room}"
    folders = {folder for room in rooms for folder in (room, f"tests/{room}")}
    for path in sorted(present):
        if os.path.dirname(path) in folders and path.endswith((".cc", ".h")):
            with open(os.path.join(root, path), encoding="utf-8") as source:
                for number, line in enumerate(source, 1):
                    if THREADS.search(line):
                        yield f"{path}:{number}: {THREADLESS} says that this room has no threads"


def check(root):
    """Returns the findings as lines."""
    present = set(files(root))
    findings = []
    names = set()
    documents = {}
    classes = {}
    members = []
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
        if path.endswith((".cc", ".h")):
            findings += [f"{path}:{number}: {rule}" for number, rule in check_namespace(path, lines)]
            classes.setdefault(os.path.splitext(path)[0], set()).update(defined_classes(lines))
            members += [(path, number, name) for number, name in defined_members(lines)]
        misplaced = check_mirror(path, lines, present)
        if misplaced is not None:
            findings.append(f"{path}:1: {misplaced}")
    findings += [*check_folders(present), *check_classes(classes, members), *check_threadless(root, present)]
    for path, lines in documents.items():
        findings += [f"{path}:{number}: {rule}" for number, rule in check_named_tests(lines, names)]
    return findings


def main():
    # The source tree, even if Bazel runs this through a link.
    default = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
    findings = check(sys.argv[1] if len(sys.argv) > 1 else default)
    for finding in findings:
        print(finding)
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
