"""arrows finds each arrow that the list lacks, each one it has too many, and each visibility that is too wide."""

import os
import tempfile
import unittest

from tools import arrows

PACKAGE = """# A charter.
load("//bazel:cc.bzl", "viaduct_cc_library")

package(default_visibility = ["//tests:__subpackages__"])

package_group(
    name = "users",
    packages = [
        USERS
        "//tests/...",
    ],
)
"""


def build(users, *targets):
    """Returns the text of a BUILD file with these patterns in its group of users, and these targets."""
    return "\n".join([PACKAGE.replace("USERS", "".join(f'"{user}",' for user in users)), *targets])


def library(name, deps=(), visibility=(":users",)):
    return f'viaduct_cc_library(name = "{name}", visibility = {list(visibility)}, deps = {list(deps)})'


# worker uses session and clock, session uses clock, and the list says so.
GOOD = {
    "BUILD.bazel": "# The root.\n",
    "tools/arrows.txt": "# Lowest first.\nnet  # the lowest\nchat/session  net\nchat/worker\n  chat/session net\n",
    "net/BUILD.bazel": build(
        ["//bench", "//chat/..."],
        library("clock", ["//third_party:absl"]),
        library("own", [":clock"], ["//visibility:private"]),
    ),
    "bench/BUILD.bazel": build([], library("load", ["//net:clock", "//chat/session:session"], [])),
    "chat/session/BUILD.bazel": build(
        ["//chat/worker"],
        'COMMON = ["//net:clock"]',
        library("session", ["//net:clock"], ["//chat/worker:__pkg__", "//bench:__subpackages__"]).replace(
            "['//net:clock']", "COMMON"
        ),
        'genrule(name = "page", srcs = ["a"], cmd = "cat $(location //net:clock)", visibility = [":users"])',
    ),
    "chat/worker/BUILD.bazel": build(
        [],
        library("worker", ["//chat/session", "//net:clock"], ["//tests:__subpackages__"]),
        'cc_binary(name = "chat", data = select({"//bazel:fuzz": [], "x": ["//chat/session:page"]}))',
    ),
}

# The text to replace in a file of the good tree, and the one finding that this causes.
BAD = [
    ("net/BUILD.bazel", "'//third_party:absl'", "'//chat/worker'", "net uses chat/worker, which is not listed"),
    ("tools/arrows.txt", "\nnet ", "\nnet chat/session ", "net is not below chat/session, which it uses"),
    ("tools/arrows.txt", "  chat/session net", "  chat/session", "chat/worker uses net, which is not listed"),
    ("tools/arrows.txt", "\nchat/session  net", "", "chat/session is missing"),
    ("tools/arrows.txt", "# Lowest first.", "http", "there is no http"),
    (
        "chat/session/BUILD.bazel",
        '"//chat/worker",',
        '"//chat/worker", "//bench/load",',
        "chat/session: //bench/load is no user of it",
    ),
    ("net/BUILD.bazel", "//visibility:private", ":users", "net:own: visible to :users, and not used from there"),
    (
        "chat/session/BUILD.bazel",
        "//bench:__subpackages__",
        "//net:__pkg__",
        "chat/session:session: visible to //net:__pkg__, and not used from there",
    ),
    (
        "chat/worker/BUILD.bazel",
        "'//tests:__subpackages__'",
        "'//visibility:public'",
        "chat/worker:worker: visible to //visibility:public, and not used from there",
    ),
]


def check(tree):
    with tempfile.TemporaryDirectory() as root:
        for path, text in tree.items():
            os.makedirs(os.path.dirname(os.path.join(root, path)), exist_ok=True)
            with open(os.path.join(root, path), "w", encoding="utf-8") as file:
                file.write(text)
        return arrows.check(root)


class ArrowsTest(unittest.TestCase):
    def test_prints_the_list_of_a_good_tree_without_a_finding(self):
        table, findings = check(GOOD)
        self.assertEqual(findings, [])
        self.assertEqual(table, ["net", "chat/session net", "chat/worker  chat/session net"])

    def test_finds_what_differs(self):
        for path, old, new, finding in BAD:
            with self.subTest(finding):
                self.assertIn(old, GOOD[path])
                _, findings = check({**GOOD, path: GOOD[path].replace(old, new)})
                self.assertIn(finding, [f.removeprefix("tools/arrows.txt: ") for f in findings])

    def test_breaks_long_lines_of_the_list(self):
        text = arrows.wrapped("chat", [f"chat/folder_{number:02}" for number in range(20)], 10)
        self.assertLessEqual(max(map(len, text.split("\n"))), 100)
        self.assertEqual(len(arrows.read_list(text.split("\n"))[0][1]), 20)


if __name__ == "__main__":
    unittest.main()
