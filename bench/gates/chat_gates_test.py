"""Holds the chat to what bounds.py allows: bazel test --config=opt --config=x86-64-v2 //bench/gates:chat_gates_test."""

import unittest

from bench.chat_counted import COUNTED
from bench.chat_subjects import subject_named
from bench.gates import bounds
from bench.gates.gates_case import GatesCase
from bench.idle_memory import bytes_per_session
from bench.run_place import RunPlace


class ChatGates(GatesCase):
    def setUp(self):
        self.place = self.enterContext(RunPlace(backend=False))

    def assert_counted_at_most(self, name, steps, bound):
        figure = COUNTED[name].instructions(self.place, subject_named("viaduct"), steps)
        self.assert_at_most(figure, bound, f"instructions, {name}")

    def test_counting_finds_what_the_floor_is_known_to_take(self):
        least, most = bounds.FLOOR_INSTRUCTIONS_PER_DELIVERY
        figure = COUNTED["a delivery to 100"].instructions(self.place, subject_named("floor"), 200)
        self.assertGreaterEqual(figure, least)
        self.assertLessEqual(figure, most)

    def test_a_delivery_takes_no_more_instructions_than_allowed(self):
        self.assert_counted_at_most("a delivery to 100", 200, bounds.INSTRUCTIONS_PER_DELIVERY)

    def test_a_message_of_one_of_two_takes_no_more_instructions_than_allowed(self):
        self.assert_counted_at_most("a delivery to two", 2000, bounds.INSTRUCTIONS_PER_DELIVERY_TO_TWO)

    def test_a_connection_takes_no_more_instructions_than_allowed(self):
        self.assert_counted_at_most("connect and welcome", 1000, bounds.INSTRUCTIONS_PER_WELCOME)

    def test_an_idle_session_holds_no_more_memory_than_allowed(self):
        self.assert_median_at_most(
            lambda: bytes_per_session(self.place, subject_named("viaduct")),
            bounds.BYTES_PER_IDLE_SESSION,
            "bytes per idle session",
        )


if __name__ == "__main__":
    unittest.main()
