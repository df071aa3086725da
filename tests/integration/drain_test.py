"""SIGTERM with tunnels open: everybody is told 1012, what they had said arrives, and nobody holds up the exit."""

import concurrent.futures
import signal
import struct
import time
import unittest

from tests.support.edge_request import UPGRADE_HEADERS, RawClient, head
from tests.support.eventually import eventually
from tests.support.stack import Chat, Sidecar

TUNNELS = 200
# A masked Close 1012.
CLOSE_ANSWER = bytes([0x88, 0x82]) + bytes(4) + struct.pack(">H", 1012)


class DrainTest(unittest.TestCase):
    def setUp(self):
        self.chat = Chat()
        self.sidecar = Sidecar(self.chat.port, {"drain": {"timeout": "25s"}})
        for program in (self.chat, self.sidecar):
            self.addCleanup(program.stop)
            program.start()

    def open(self):
        viewer = RawClient(self.sidecar.port, head(UPGRADE_HEADERS))
        self.addCleanup(viewer.__exit__, None, None, None)
        self.assertEqual(viewer.status(), 101)
        return viewer

    def read_to_close(self, viewer):
        """Returns the payload of the Close frame that ends the stream."""
        while True:
            opcode, payload = viewer.read_frame()
            if opcode == 8:
                return payload

    def leave(self, viewer):
        """Answers the Close as a browser does; returns the payload and what came behind it."""
        payload = self.read_to_close(viewer)
        viewer.send(CLOSE_ANSWER)
        return payload, viewer.read_to_end()

    def ends(self):
        return [entry["end"] for entry in self.sidecar.log_entries() if "end" in entry]

    def test_200_tunnels_are_told_1012_and_nothing_said_is_lost(self):
        viewers = [self.open() for _ in range(TUNNELS)]
        with concurrent.futures.ThreadPoolExecutor(TUNNELS) as threads:
            for number, viewer in enumerate(viewers):
                viewer.send_text(f"last words {number}")
            self.sidecar.signal(signal.SIGTERM)
            told = list(threads.map(self.leave, viewers))
        self.assertEqual(set(told), {(struct.pack(">H", 1012) + b"service restart", b"")})
        self.assertEqual(self.sidecar.wait(), 0)
        self.assertEqual(self.ends(), ["drain"] * TUNNELS)
        received = lambda: sum(entry["msg"] == "ws message received" for entry in self.chat.log_entries())
        eventually(lambda: received() == TUNNELS, lambda: f"the chat received {received()} of {TUNNELS}")

    def test_a_viewer_that_does_not_answer_holds_up_nobody(self):
        stubborn = self.open()
        polite = self.open()
        begin = time.monotonic()
        self.sidecar.signal(signal.SIGTERM)
        self.assertEqual(self.leave(polite)[0][:2], struct.pack(">H", 1012))
        self.assertEqual(self.read_to_close(stubborn)[:2], struct.pack(">H", 1012))
        self.assertEqual(self.sidecar.wait(), 0)
        self.assertGreaterEqual(time.monotonic() - begin, 1, "close_wait")
        self.assertEqual(self.ends(), ["drain"] * 2)
        self.assertIn('"msg":"drained"', self.sidecar.log(), "not cut at drain.timeout")

    def test_without_tunnels_it_goes_at_once(self):
        self.assertEqual(self.sidecar.terminate(), 0)
        self.assertIn('"msg":"drained"', self.sidecar.log())


if __name__ == "__main__":
    unittest.main()
