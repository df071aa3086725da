"""The Markdown and the SVG of the runs."""

import dataclasses
import unittest
import xml.etree.ElementTree

from bench import chat_parts
from bench.cluster import SETTINGS, Cost
from bench.cpu_rounds import WORKLOADS, Duel, Sample, ratios
from bench.performance_doc import marks, with_results
from bench.plot import bars, lines
from bench.report import Judgement, bound_goals, cluster_table, cpu_table, duel_goals, duel_table, goals_table, read
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
        met, missed = ((goal, (1.01, middle, 1.1)) for middle in (1.05, 1.06))
        self.assertIn("viaduct against floor | 1.05 (1.01 to 1.10) |", duel_table([met]))
        self.assertIn("viaduct against floor | – |", duel_table([(goal, None)]))
        self.assertIn("| 1.05 × | ≤ 1.05 × | met |", goals_table(duel_goals([met])))
        self.assertIn("| 1.06 × | ≤ 1.05 × | missed |", goals_table(duel_goals([missed])))
        self.assertIn("| – | ≤ 1.05 × | not measured |", goals_table(duel_goals([(goal, None)])))
        self.assertEqual(duel_goals([(Duel(ECHO, "viaduct", "floor"), (1, 1, 1))]), [])

    def test_a_duel_by_the_second_is_the_other_way_round(self):
        goal = Duel(ECHO, "viaduct", "floor", 0.7, by_second=True)
        met, missed = (goal, (1, 1.25, 2)), (goal, (1, 2, 2))
        self.assertIn("0.80 (0.50 to 1.00)", duel_table([met]))
        self.assertIn("| 0.80 × | ≥ 0.70 × | met |", goals_table(duel_goals([met])))
        self.assertIn("| 0.50 × | ≥ 0.70 × | missed |", goals_table(duel_goals([missed])))

    def test_a_workload_is_told_as_it_is_read(self):
        millions = dataclasses.replace(ECHO, reading="millions")
        self.assertEqual([read(workload, samples(0.25)[0]) for workload in (ECHO, millions)], ["0.250", "4.00 M/s"])

    def test_a_goal_says_by_how_much_it_is_missed(self):
        results = {"floor": {"echo": 290}, "viaduct": {"echo": 900, "upgrade": 12_000}}
        self.assertEqual(
            bound_goals(results, {"echo": 800, "upgrade": 12_000, "request": 1}),
            [
                Judgement("echo", "900", "≤ 800", "missed, by 12 %"),
                Judgement("upgrade", "12,000", "≤ 12,000", "met"),
            ],
        )

    def test_a_message_costs_as_much_as_its_deliveries(self):
        pair = chat_parts.WORKLOADS["pair"]
        alone, both = SETTINGS[0], SETTINGS[2]
        rows = cluster_table({pair: [(alone, Cost(20, 0, 1000, 50)), (both, Cost(40, 30, 500, 80))]}).splitlines()
        self.assertTrue(rows[2].endswith("one task, no broker | 20.0 | – | 40.0 | – | 1,000 | 50.0 |"), rows[2])
        self.assertTrue(rows[3].endswith("two tasks, Redis | 40.0 | 30.0 | 80.0 | 60.0 | 500 | 80.0 |"), rows[3])

    def test_only_the_document_s_results_change(self):
        (begin, end), chat = marks("proxy --doc"), "\n".join(marks("chat --doc"))
        text = f"before\n{begin}\nold\n{end}\n{chat}\n"
        changed = with_results(text, "proxy --doc", "new\n")
        self.assertEqual(changed, f"before\n{begin}\n\nnew\n\n{end}\n{chat}\n")

    def test_a_document_without_a_place_for_results_is_refused(self):
        with self.assertRaises(ValueError):
            with_results("\n".join(marks("chat")[::-1] + marks("proxy")), "chat", "new")

    def test_the_plot_is_well_formed_and_bars_are_as_long_as_their_ratios(self):
        root = xml.etree.ElementTree.fromstring(bars({"a & b": {"floor": 1.0, "viaduct": 1.5}}, "viaduct"))
        widths = [float(bar.get("width")) for bar in root.iter("{http://www.w3.org/2000/svg}rect")][1:]
        self.assertAlmostEqual(widths[1] / widths[0], 1.5, places=2)

    def test_a_plot_of_lines_is_well_formed_and_to_scale(self):
        svg = lines({"a & b": {"one": [(0, 0), (10, 3)], "two": [(5, 0)]}, "c": {"two": [(0, 0)]}}, "seconds")
        root = xml.etree.ElementTree.fromstring(svg)
        curves = [curve.get("points") for curve in root.iter("{http://www.w3.org/2000/svg}polyline")]
        (x0, y0), (x1, y1) = (map(float, point.split(",")) for point in curves[0].split())
        # The axes end at 10 and at 4.
        self.assertEqual((x1 - x0, y0 - y1), (680, 127.5))
        self.assertEqual([len(curve.split()) for curve in curves], [2, 1, 1])


if __name__ == "__main__":
    unittest.main()
