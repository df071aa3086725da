"""The plan's arithmetic, the simulation, and the document that they write."""

import contextlib
import dataclasses
import inspect
import io
import json
import re
import unittest

from bench.capacity import document, model, run_capacity, storm
from bench.gates import bounds

ROOMS, BROADCAST, QUIET = (model.LOADS[name] for name in ("rooms", "broadcast", "quiet"))
SMALL = storm.Storm("death", viewers=1000, tasks=4)


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def cell_of(text, section, row, column):
    """Returns a number of the first table behind `section` that has this row and column."""
    columns = None
    for line in text[text.index(section) :].splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")] if line.startswith("|") else []
        if column in cells:
            columns = cells
        elif columns and cells and cells[0] == row:
            return float(re.match(r"[\d.,]+", cells[columns.index(column)])[0].replace(",", ""))
    raise AssertionError(f"docs/performance.md, {section}: no \"{row}\" with \"{column}\"")


class Numbers(unittest.TestCase):
    def setUp(self):
        self.entries = json.loads(read("bench/capacity/measured.json"))

    def test_what_gates_bound_is_what_was_measured_there(self):
        source = inspect.getsource(bounds)
        for name, bound in (("tunnel_bytes", "BYTES_PER_IDLE_TUNNEL"), ("session_bytes", "BYTES_PER_IDLE_SESSION")):
            noted = int(re.search(rf"# ([\d,]+) on [\d-]+[^\n]*\n{bound} =", source)[1].replace(",", ""))
            self.assertEqual(self.entries[name]["value"], noted, name)

    def test_what_the_performance_page_has_is_the_same(self):
        text = read("docs/performance.md")
        cells = {name: entry["cell"] for name, entry in self.entries.items() if "cell" in entry}
        self.assertEqual(len(cells), 4)
        for name, cell in cells.items():
            self.assertEqual(self.entries[name]["value"], cell_of(text, *cell), name)

    def test_a_number_is_within_its_runs(self):
        for name, entry in self.entries.items():
            if "runs" in entry:
                self.assertTrue(min(entry["runs"]) <= entry["value"] <= max(entry["runs"]), name)


class Plan(unittest.TestCase):
    def test_members_of_a_room_are_in_as_many_tasks_as_there_are_or_members(self):
        self.assertEqual(model.tasks_in_room(0, 7), 7)
        self.assertEqual(model.tasks_in_room(50, 1), 1)
        self.assertAlmostEqual(model.tasks_in_room(1, 9), 1)
        self.assertAlmostEqual(model.tasks_in_room(2, 2), 1.5)
        self.assertAlmostEqual(model.tasks_in_room(50, 10**6), 50, places=2)

    def test_a_task_s_limit_is_what_runs_out_first(self):
        small = model.viewers_by_limit(model.Task(memory_mib=512), QUIET, 1000, 2)
        self.assertEqual(min(small, key=small.get), "memory")
        busy = model.viewers_by_limit(model.Task(vcpu=0.25), BROADCAST, 1000, 2)
        self.assertEqual(min(busy, key=busy.get), "CPU")

    def test_memory_of_a_viewer_counts_three_sockets(self):
        numbers = model.measured()
        kernel = numbers["kernel_bytes_tcp_socket"] + 2 * numbers["kernel_bytes_unix_socket"]
        self.assertEqual(model.viewer_bytes(model.Task()), numbers["tunnel_bytes"] + numbers["session_bytes"] + kernel)

    def test_all_viewers_fit_when_a_zone_is_lost(self):
        for zones in (2, 3):
            cell = model.fleet(model.Task(), QUIET, 1_000_000, zones)
            remaining = cell.tasks * (zones - 1) // zones
            limits = model.viewers_by_limit(model.Task(), QUIET, 1_000_000, remaining)
            self.assertGreaterEqual(remaining * min(limits.values()), 1_000_000)
            # One task less in each zone would be too few.
            self.assertLess((remaining - zones + 1) * min(limits.values()), 1_000_000)

    def test_a_plan_has_no_more_cells_than_are_needed(self):
        found = model.plan(model.Task(), ROOMS, 1_000_000)
        self.assertIsNone(model.binding_of_cell(found.cell))
        larger = model.fleet(model.Task(), ROOMS, 1_000_000 // (found.cells - 1))
        self.assertEqual(model.binding_of_cell(larger), found.limit)

    def test_a_longer_presence_ttl_costs_redis_less(self):
        slow = dataclasses.replace(ROOMS, presence_ttl=60)
        self.assertLess(model.redis_share(slow, 100_000, 8), model.redis_share(ROOMS, 100_000, 8))

    def test_a_task_without_memory_is_an_error(self):
        with self.assertRaisesRegex(ValueError, "too little memory"):
            model.fleet(model.Task(memory_mib=128), QUIET, 10)


class Storms(unittest.TestCase):
    def test_a_seed_gives_the_same_again_and_another_one_does_not(self):
        once = storm.simulate.__wrapped__(SMALL)
        self.assertEqual(once, storm.simulate.__wrapped__(SMALL))
        self.assertNotEqual(once, storm.simulate.__wrapped__(dataclasses.replace(SMALL, seed=2)))

    def test_every_viewer_is_back_once(self):
        for event, lost in (("stop", 250), ("death", 250), ("zone", 500), ("deployment", 1000)):
            found = storm.simulate(dataclasses.replace(SMALL, event=event))
            self.assertEqual(sum(found.served), lost, event)
            self.assertEqual(sum(found.attempts), lost, event)
            self.assertEqual(found.waiting[-1], 0, event)

    def test_the_balancer_levels_the_tasks(self):
        found = storm.simulate(dataclasses.replace(SMALL, event="zone"))
        self.assertLessEqual(max(found.served) - min(found.served), 1)

    def test_a_spread_spreads(self):
        short, long = (storm.simulate(dataclasses.replace(SMALL, event="deployment", spread=s)) for s in (5, 80))
        self.assertGreater(short.peak_attempts, 5 * long.peak_attempts)
        self.assertGreater(long.seconds_until_all_are_back, 80)

    def test_viewers_that_wait_too_long_give_up_and_come_back(self):
        # A connect takes longer than the viewers' patience lasts for all of them.
        slow = dataclasses.replace(SMALL, event="zone", viewers=10_000, task=model.Task(vcpu=0.1, tls=True))
        found = storm.simulate(slow)
        self.assertGreater(found.gave_up, 0)
        # Those who wait at the end of the simulation have not attempted again.
        self.assertGreater(sum(found.attempts), 5000)
        self.assertLessEqual(sum(found.attempts), 5000 + found.gave_up)
        self.assertEqual(found.peak_cpu, 1)

    def test_a_full_task_refuses(self):
        found = storm.simulate(dataclasses.replace(SMALL, event="zone", viewers=90_000), horizon=20)
        self.assertGreater(found.refused, 0)
        self.assertGreater(found.waiting[-1], 0)

    def test_without_any_task_left_it_is_an_error(self):
        with self.assertRaisesRegex(ValueError, "none would be left"):
            storm.simulate(dataclasses.replace(SMALL, tasks=1))


class Document(unittest.TestCase):
    def test_the_page_and_its_plots_are_what_the_model_gives(self):
        stale = "run ./dev capacity --doc"
        self.assertTrue(document.written(read(document.DOC)) == read(document.DOC), stale)
        for path, svg in document.plots().items():
            self.assertTrue(svg == read(path), f"{path}: {stale}")

    def test_the_command_answers(self):
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            self.assertEqual(run_capacity.main(["--viewers", "2000", "--event", "zone", "--zones", "3"]), 0)
        self.assertIn("cells: 1\n", out.getvalue())

    def test_a_wrong_option_is_refused(self):
        for wrong in (["--viewers", "0"], ["--load", "video"], ["--spread", "-1"], ["--zones", "1"]):
            with self.assertRaises(SystemExit), contextlib.redirect_stderr(io.StringIO()):
                run_capacity.main(wrong)


if __name__ == "__main__":
    unittest.main()
