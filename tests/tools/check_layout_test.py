"""Each rule of check_layout finds what breaks it, and nothing in a tree that keeps them all."""

import os
import tempfile
import unittest

from tools import check_layout

NET = "namespace viaduct::net {\n"
CLOCK = "class ABSL_LOCKABLE Clock : public Base {\n  struct Alarm {\n"
MEMBERS = """Clock::Clock(int a) : a_(a) {}
Clock::~Clock() {
absl::StatusOr<Clock::Alarm> Clock::Set(int at) {
bool Clock::Alarm::operator==(const Alarm&) const {
  return Timer::Create();
  x = Timer::Now();
constexpr auto kStart = Timer::Create();
"""

GOOD = {
    "BUILD.bazel": "# The root.\n",
    "net/BUILD.bazel": "# Sockets.\n" + "\n" * 249,
    "tests/net/BUILD.bazel": "# Tests of sockets.\n" + "\n" * 499,
    "third_party/boost.cc": "class Anywhere {\n",
    "net/clock.h": f"#pragma once\n// asio::detached, using namespace: words in a comment.\n{NET}{CLOCK}",
    "net/clock.cc": '#include "net/clock.h"\n#include <boost/asio/io_context.hpp>\n' + NET + MEMBERS + "\n" * 480,
    # Another room's class of the same name.
    "origin/clock.cc": "namespace viaduct::origin {\nclass Clock {\n};\nint Clock::Now() {\n",
    "tests/net/clock_test.cc": NET + "using namespace std::chrono_literals;\n",
    "tests/net/clock_skew_test.cc": NET,
    "tests/net/agreement_test.cc": '#include "net/clock.h"\n' + NET,
    "tests/support/anything.cc": "namespace viaduct {\nnamespace grpc {\n",
    "tests/integration/anything_test.py": "class RunTest(Case):\n    async def test_runs(self):\n        pass\n",
    "tests/net/clock_gap_test.cc": NET + "TEST(ClockTest, Ticks) {\n}\nTEST_F(\n    GapTest, Closes) {\n",
    "tools/threadless.txt": "# Rooms.\nhttp\n",
    "http/BUILD.bazel": "# HTTP.\n",
    "tests/http/BUILD.bazel": "# Tests of HTTP.\n",
    "docs/long.md": "\n" * 1000 + "`ClockTest.Ticks`, `GapTest.Closes`, `RunTest.test_runs`, `clock.h`\n",
}

# A file to add to the good tree, and the one finding it makes.
BAD = [
    ("net/big.cc", NET + "\n" * 500, "net/big.cc:501: 501 lines, 500 are the limit"),
    ("net/BUILD.bazel", "# A\n" * 251, "net/BUILD.bazel:251: 251 lines, 250 are the limit"),
    ("ops/log/BUILD.bazel", "# A\n" * 196, "ops/log/BUILD.bazel:196: 196 lines, 195 are the limit"),
    ("net/ours.cc", "\n", "net/ours.cc:1: nothing is in namespace viaduct::net"),
    ("tests/net/clock_test.h", "#pragma once\n", "tests/net/clock_test.h:1: nothing is in namespace viaduct::net"),
    (
        "net/theirs.cc",
        NET + "namespace viaduct::origin {\n",
        "net/theirs.cc:2: namespace viaduct::origin in a file of viaduct::net",
    ),
    (
        "net/clock_more.cc",
        NET + "void Clock::Stop() {\n",
        "net/clock_more.cc:2: a member of Clock, which is at home in net/clock.h: a class lives in one file pair",
    ),
    ("ops/BUILD.bazel", 'load("x")\n', "ops/BUILD.bazel:1: a BUILD.bazel begins with its room's charter as a comment"),
    (
        "http/late.cc",
        "namespace viaduct::http {\nstd::thread later;\n",
        "http/late.cc:2: tools/threadless.txt says that this room has no threads",
    ),
    ("tools/threadless.txt", "text\n", "tools/threadless.txt:1: there are no tests of text"),
    ("ops/BUILD.bazel", "", "ops/BUILD.bazel:1: a BUILD.bazel begins with its room's charter as a comment"),
    ("net/bare.h", NET, "net/bare.h:1: a header has #pragma once"),
    (
        "net/slow.h",
        "#pragma once\n#include <boost/beast/core.hpp>\n" + NET,
        "net/slow.h:2: Asio and Beast are slow to compile: not in a header",
    ),
    (
        "net/names.cc",
        NET + "using namespace std;\n",
        "net/names.cc:2: no using-directive but for the standard library's literals",
    ),
    ("net/names.h", "#pragma once\nusing namespace std;\n" + NET, "net/names.h:2: no using-directive"),
    ("net/lost.cc", "f(asio::detached);\n" + NET, "net/lost.cc:1: whatever is spawned is awaited by someone"),
    ("docs/rotten.md", "\n| `ClockTest.Stops` |\n", "docs/rotten.md:2: there is no test ClockTest.Stops"),
    (
        "tests/net/gone_test.cc",
        '#include "ops/clock.h"\n' + NET,
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

    def test_a_folder_of_sources_has_at_most_25_pairs(self):
        def tree(pairs):
            names = [f"net/part_{number}" for number in range(pairs)]
            return {name + suffix: "#pragma once\n" + NET for name in names for suffix in (".cc", ".h")}

        self.assertEqual(findings(tree(25)), [])
        self.assertEqual(findings(tree(26)), ["net/BUILD.bazel:1: 26 file pairs in the folder, 25 are the limit"])
        self.assertEqual(findings({"tests/support/" + path[4:]: text for path, text in tree(26).items()}), [])


if __name__ == "__main__":
    unittest.main()
