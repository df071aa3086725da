"""compdb makes entries that an editor's clang can use of Bazel's actions."""

import unittest

from tools import compdb

ACTION = ["/usr/bin/clang-19", "-Wall", "-MD", "-MF", "out/clock.d", "-frandom-seed=out/clock.o", "-iquote", "."]
ACTION += ["-fmodule-name=//net:clock", "-fmodule-map-file=out/clock.cppmap", "-fmodules-strict-decluse"]
ACTION += ["-c", "net/clock.cc", "-o", "out/clock.o"]


class CompdbTest(unittest.TestCase):
    def test_keeps_what_decides_how_a_file_is_read(self):
        self.assertEqual(
            list(compdb.entries({"actions": [{"arguments": ACTION}]}, "/src")),
            [
                {
                    "directory": "/src",
                    "file": "net/clock.cc",
                    "arguments": ["/usr/bin/clang-19", "-Wall", "-iquote", ".", "-c", "net/clock.cc"],
                }
            ],
        )

    def test_names_a_file_of_several_configurations_once(self):
        self.assertEqual(len(list(compdb.entries({"actions": [{"arguments": ACTION}] * 2}, "/src"))), 1)

    def test_has_no_entry_without_an_action(self):
        self.assertEqual(list(compdb.entries({}, "/src")), [])


if __name__ == "__main__":
    unittest.main()
