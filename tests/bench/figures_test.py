"""The arithmetic of the benchmark runs."""

import unittest

from bench.figures import cost_each, paired_ratios, quartiles, rounded


class Figures(unittest.TestCase):
    def test_quartiles_interpolate(self):
        self.assertEqual(quartiles([5]), (5, 5, 5))
        self.assertEqual(quartiles([4, 1, 3, 2]), (1.75, 2.5, 3.25))
        self.assertEqual(quartiles([1, 2, 3, 4, 100]), (2, 3, 4))

    def test_nothing_has_no_quartiles(self):
        with self.assertRaises(ValueError):
            quartiles([])

    def test_ratios_are_of_pairs_not_of_sums(self):
        # A slow minute doubles both: the ratio does not see it.
        self.assertEqual(paired_ratios([2, 4, 2], [1, 2, 1]), [2, 2, 2])

    def test_figures_without_a_partner_are_refused(self):
        with self.assertRaises(ValueError):
            paired_ratios([1, 2], [1])

    def test_what_is_in_both_runs_costs_nothing(self):
        start = 1_000_000
        self.assertEqual(cost_each((100, start + 100 * 7), (200, start + 200 * 7)), 7)

    def test_a_cost_needs_a_run_of_more_operations(self):
        with self.assertRaises(ValueError):
            cost_each((100, 1), (100, 2))

    def test_figures_keep_three_digits_and_all_before_the_point(self):
        self.assertEqual(
            [rounded(value) for value in (None, 0, 0.1912, 4.534, 10.44, 324, 42_998)],
            ["–", "0", "0.191", "4.53", "10.4", "324", "42,998"],
        )


if __name__ == "__main__":
    unittest.main()
