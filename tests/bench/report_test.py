"""The Markdown and the SVG of the runs."""

import dataclasses
import unittest
import xml.etree.ElementTree

from bench.cpu_rounds import WORKLOADS, Duel, Sample, ratios
from bench.performance_doc import marks, with_results
from bench.plot import bars
from bench.report import cpu_table, duel_table, goal_lines, read
from bench.subjects import subject_named


def samples(*cpu):
    return [Sample(value, 1000, 50, 10, 20) for value in cpu]


ECHO = WORKLOADS["echo 1"]
# The machine was twice as slow in the second round.
RESULTS = {ECHO: {subject_named("floor"): samples(4, 8, 4), subject_named("viaduct"): samples(5, 10, 5)}}


class Report(unittest.TestCase):
    def test_a_ratio_is_the_median_of_the_rounds_own(self):
        self.assertEqual(
            cpu_table(RESULTS, "floor").splitlines()[2], "| echo, 1 connection, 64 B | 4.00 | 5.00 (1.25) |"
        )
        self.assertEqual(list(ratios(RESULTS, "floor").values()), [{"floor": 1, "viaduct": 1.25}])

    def test_a_workload_that_a_subject_lacks_is_a_dash(self):
        results = {**RESULTS, WORKLOADS["bulk"]: {subject_named("floor"): samples(80)}}
        self.assertTrue(cpu_table(results, "floor").endswith("| 50.0 MB/s | – |"))

    def test_a_duel_says_whether_its_goal_is_met(self):
        goal = Duel(ECHO, "viaduct", "floor", 1.05)
        self.assertIn("1.05 (1.01 to 1.10) | ≤ 1.05 | met |", duel_table([(goal, (1.01, 1.05, 1.1))]))
        self.assertIn("1.06 (1.01 to 1.10) | ≤ 1.05 | missed |", duel_table([(goal, (1.01, 1.06, 1.1))]))
        self.assertIn("| – | ≤ 1.05 | – |", duel_table([(goal, None)]))

    def test_a_duel_by_the_second_is_the_other_way_round(self):
        goal = Duel(ECHO, "viaduct", "floor", 0.7, by_second=True)
        self.assertIn("0.80 (0.50 to 1.00) | ≥ 0.70 | met |", duel_table([(goal, (1, 1.25, 2))]))
        self.assertIn("0.50 (0.50 to 1.00) | ≥ 0.70 | missed |", duel_table([(goal, (1, 2, 2))]))

    def test_a_workload_is_told_as_it_is_read(self):
        millions = dataclasses.replace(ECHO, reading="millions")
        self.assertEqual([read(workload, samples(0.25)[0]) for workload in (ECHO, millions)], ["0.250", "4.00 M/s"])

    def test_a_goal_says_by_how_much_it_is_missed(self):
        results = {"floor": {"echo": 290}, "viaduct": {"echo": 900, "upgrade": 12_000}}
        lines = goal_lines(results, {"echo": 800, "upgrade": 12_000, "request": 1})
        self.assertEqual(
            [line.split(", ", 1)[1] for line in lines.splitlines()],
            ["echo: 900 of at most 800: missed, by 12 %", "upgrade: 12,000 of at most 12,000: met"],
        )

    def test_only_the_document_s_results_change(self):
        (begin, end), chat = marks("proxy"), "\n".join(marks("chat"))
        text = f"before\n{begin}\nold\n{end}\n{chat}\n"
        changed = with_results(text, "proxy", "new\n")
        self.assertEqual(changed, f"before\n{begin}\n\nnew\n\n{end}\n{chat}\n")

    def test_a_document_without_a_place_for_results_is_refused(self):
        with self.assertRaises(ValueError):
            with_results("\n".join(marks("chat")[::-1] + marks("proxy")), "chat", "new")

    def test_the_plot_is_well_formed_and_bars_are_as_long_as_their_ratios(self):
        root = xml.etree.ElementTree.fromstring(bars({"a & b": {"floor": 1.0, "viaduct": 1.5}}, "viaduct"))
        widths = [float(bar.get("width")) for bar in root.iter("{http://www.w3.org/2000/svg}rect")][1:]
        self.assertAlmostEqual(widths[1] / widths[0], 1.5, places=2)


if __name__ == "__main__":
    unittest.main()
