"""Each rule of check_layout finds what breaks it, and nothing in a tree that keeps them all."""

import os
import tempfile
import unittest

from tools import check_layout

GOOD = {
    "BUILD.bazel": "# The root.\n",
    "net/BUILD.bazel": "# Sockets.\n" + "\n" * 1000,
    "net/clock.h": "#pragma once\n// asio::detached, using namespace: words in a comment.\n",
    "net/clock.cc": '#include "net/clock.h"\n#include <boost/asio/io_context.hpp>\n' + "\n" * 498,
    "tests/net/clock_test.cc": "using namespace std::chrono_literals;\n",
    "tests/net/clock_skew_test.cc": "\n",
    "tests/net/agreement_test.cc": '#include "net/clock.h"\n',
    "tests/integration/anything_test.py": "class RunTest(Case):\n    async def test_runs(self):\n        pass\n",
    "tests/net/clock_gap_test.cc": "TEST(ClockTest, Ticks) {\n}\nTEST_F(\n    GapTest, Closes) {\n",
    "docs/long.md": "\n" * 1000 + "`ClockTest.Ticks`, `GapTest.Closes`, `RunTest.test_runs`, `clock.h`\n",
}

# A file to add to the good tree, and the one finding it makes.
BAD = [
    ("net/big.cc", "\n" * 501, "net/big.cc:501: 501 lines, 500 are the limit"),
    ("ops/BUILD.bazel", 'load("x")\n', "ops/BUILD.bazel:1: a BUILD.bazel begins with its room's charter as a comment"),
    ("ops/BUILD.bazel", "", "ops/BUILD.bazel:1: a BUILD.bazel begins with its room's charter as a comment"),
    ("net/bare.h", "int x;\n", "net/bare.h:1: a header has #pragma once"),
    (
        "net/slow.h",
        "#pragma once\n#include <boost/beast/core.hpp>\n",
        "net/slow.h:2: Asio and Beast are slow to compile: not in a header",
    ),
    (
        "net/names.cc",
        "\nusing namespace std;\n",
        "net/names.cc:2: no using-directive but for the standard library's literals",
    ),
    ("net/names.h", "#pragma once\nusing namespace std;\n", "net/names.h:2: no using-directive"),
    ("net/lost.cc", "f(asio::detached);\n", "net/lost.cc:1: whatever is spawned is awaited by someone"),
    ("docs/rotten.md", "\n| `ClockTest.Stops` |\n", "docs/rotten.md:2: there is no test ClockTest.Stops"),
    (
        "tests/net/gone_test.cc",
        '#include "ops/clock.h"\n',
        "tests/net/gone_test.cc:1: tests nothing of net/: not by its name, and it includes no header from there",
    ),
]


def findings(tree):
    with tempfile.TemporaryDirectory() as root:
        for path, text in tree.items():
            os.makedirs(os.path.dirname(os.path.join(root, path)), exist_ok=True)
            with open(os.path.join(root, path), "w", encoding="utf-8") as file:
                file.write(text)
        return check_layout.check(root)


class CheckLayoutTest(unittest.TestCase):
    def test_good_tree_has_no_finding(self):
        self.assertEqual(findings(GOOD), [])

    def test_each_rule_finds_what_breaks_it(self):
        for path, text, finding in BAD:
            with self.subTest(finding):
                self.assertEqual(findings({**GOOD, path: text}), [finding])


if __name__ == "__main__":
    unittest.main()
