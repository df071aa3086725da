"""What all gates have in common."""

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
        """For memory: on a busy machine one look in some dozens finds what is only there for the moment, or misses it."""
        self.assert_at_most(statistics.median(measure() for _ in range(3)), bound, what)

    def assert_at_most(self, figure, bound, what):
        print(f"{what}: {figure:,.0f}, the bound is {bound:,}")
        self.assertGreater(figure, 0, what)
        self.assertLessEqual(figure, bound, what)
