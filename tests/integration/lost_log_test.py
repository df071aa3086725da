"""Programs whose standard output is closed."""

import os
import unittest

from tests.support.eventually import eventually
from tests.support.places import free_port
from tests.support.stack import Chat, Program, Sidecar, started


class LostLog:
    """What holds of both programs."""

    def test_without_standard_output_it_serves_and_counts_the_lines(self):
        program = self.make_program()
        # It cannot say in its log that it listens.
        program._ready = lambda: Program._ready(program)  # pylint: disable=protected-access
        program._command = ["bash", "-c", 'exec "$@" >&-', "bash", *program._command]  # pylint: disable=protected-access
        started(self, program)
        self.assertEqual(os.readlink(f"/proc/{program.pid}/fd/1"), "/dev/null", "no socket is taken for the log")
        eventually(lambda: program.metric(self.dropped) > 0, "lost lines are counted")
        self.assertEqual(program.terminate(), 0)


class ChatLostLogTest(LostLog, unittest.TestCase):
    dropped = "viaduct_chat_log_lines_dropped_total"

    def make_program(self):
        return Chat()


class SidecarLostLogTest(LostLog, unittest.TestCase):
    dropped = "viaduct_log_lines_dropped_total"

    def make_program(self):
        return Sidecar(free_port())


if __name__ == "__main__":
    unittest.main()
