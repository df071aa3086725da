"""The part of the filter that decides needs only std, so that it links into any program's shared object."""

import pathlib
import unittest

DEPS = pathlib.Path("tests/filter/pure_filter_deps")


class PureFilterTest(unittest.TestCase):
    def test_neither_abseil_nor_protobuf_is_reached(self):
        labels = DEPS.read_text().split()
        self.assertIn("//filter:evaluate", labels)
        libraries = sorted(
            label for label in labels if label.startswith("//third_party:")
        )
        # Header only.
        self.assertEqual(libraries, ["//third_party:nlohmann_json"])


if __name__ == "__main__":
    unittest.main()
