"""The common part of all gates."""

import shutil
import statistics
import unittest


class GatesCase(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        for tool in ("valgrind", "objcopy", "taskset"):
            if shutil.which(tool) is None:
                raise AssertionError(f"{tool} is not installed; tools/packages.txt names it")

    def assert_median_at_most(self, measure, bound, what):
        """Asserts on memory. One sample in some dozens is off on a busy machine, so this uses the median of three."""
        self.assert_at_most(statistics.median(measure() for _ in range(3)), bound, what)

    def assert_at_most(self, figure, bound, what):
        print(f"{what}: {figure:,.0f}, the bound is {bound:,}")
        self.assertGreater(figure, 0, what)
        self.assertLessEqual(figure, bound, what)
