"""Holds the sidecar to what bounds.py allows: bazel test --config=opt --config=x86-64-v2 //bench/gates:gates_test."""

import unittest

from bench import callgrind
from bench.gates import bounds
from bench.gates.gates_case import GatesCase
from bench.idle_memory import bytes_per_tunnel
from bench.load_driver import Traffic
from bench.run_place import RunPlace
from bench.subjects import subject_named


class Gates(GatesCase):
    def setUp(self):
        self.place = self.enterContext(RunPlace())

    def instructions(self, subject, workload, operations):
        return callgrind.instructions_each(self.place, subject_named(subject), Traffic(workload), operations)

    def test_counting_finds_what_the_floor_is_known_to_take(self):
        least, most = bounds.FLOOR_INSTRUCTIONS_PER_ECHO
        figure = self.instructions("floor", "echo", 2000)
        self.assertGreaterEqual(figure, least)
        self.assertLessEqual(figure, most)

    def test_an_echo_takes_no_more_instructions_than_allowed(self):
        figure = self.instructions("viaduct", "echo", 4000)
        self.assert_at_most(figure, bounds.INSTRUCTIONS_PER_ECHO, "instructions per echo")

    def test_an_upgrade_takes_no_more_instructions_than_allowed(self):
        figure = self.instructions("viaduct", "upgrades", 1000)
        self.assert_at_most(figure, bounds.INSTRUCTIONS_PER_UPGRADE, "instructions per upgrade")

    def test_a_request_takes_no_more_instructions_than_allowed(self):
        figure = self.instructions("viaduct", "requests", 1000)
        self.assert_at_most(figure, bounds.INSTRUCTIONS_PER_REQUEST, "instructions per request")

    def test_an_idle_tunnel_holds_no_more_memory_than_allowed(self):
        self.assert_median_at_most(
            lambda: bytes_per_tunnel(self.place, subject_named("viaduct")),
            bounds.BYTES_PER_IDLE_TUNNEL,
            "bytes per idle tunnel",
        )


if __name__ == "__main__":
    unittest.main()
