"""A viewer who never reads, in a room where a hundred others chat: it costs the chat a bounded memory and the others
nothing, and is closed by a code of its own.
"""

import re
import socket
import statistics
import time
import unittest

from tests.support.crowd import Crowd
from tests.support.edge_request import HOST
from tests.support.eventually import PATIENCE, eventually
from tests.support.load_client import masked_frame
from tests.support.stack import Chat

OTHERS = 100
# The messages of the others in one round: one long and a few short ones.
SHORT = 5
LONG_BYTES = 32_000
ROUND = 0.05  # seconds
LIMITS = {"max_message_bytes": 65_536, "max_outbound_bytes": 262_144}
# The queue of the reader, the room's history, and the allocator's overhead; less than the room's messages until the
# reader is dropped, most of which the kernel has taken by then.
MOST_GROWTH = 2 << 20
CLOSE = b"\x88\x14\x03\xf5reading too slowly"


class Room:
    """The other clients, which measure the time in seconds until each message has reached each of them."""

    def __init__(self, test, port):
        self._crowd = test.enterContext(Crowd(port, on_frame=self._heard))
        self._crowd.join(OTHERS)
        self._number = 0
        self._heard_count = 0
        self.latencies = []
        self.spoken_bytes = 0

    def _heard(self, _, payload):
        self._heard_count += 1
        if len(payload) > 1_000:
            return
        sent = re.search(rb'"message":"at (\d+)"', payload)
        self.latencies.append((time.monotonic_ns() - int(sent[1])) / 1e9)

    def speak(self):
        """One round; returns when all have heard all of it."""
        wanted = self._heard_count + OTHERS * (SHORT + 1)
        begin = time.monotonic()
        members = self._crowd.members
        members[self._number % OTHERS].send(b"x" * LONG_BYTES)
        for _ in range(SHORT):
            self._number += 1
            members[self._number % OTHERS].send(b"at %d" % time.monotonic_ns())
        self.spoken_bytes += LONG_BYTES
        self._crowd.run_until(lambda: self._heard_count >= wanted, "all have heard the round")
        time.sleep(max(0, ROUND - (time.monotonic() - begin)))

    def take_latency(self):
        """Returns the median since the last call, because a machine that stalls now and then is not measured here."""
        latency = statistics.median(self.latencies)
        self.latencies.clear()
        return latency


class SlowReaderTest(unittest.TestCase):
    def setUp(self):
        # Long enough that a Close meets a reader who reads at last.
        self.chat = Chat({"limits": LIMITS, "timeouts": {"close_timeout": "60s"}})
        self.addCleanup(self.chat.stop)
        self.chat.start()

    def slow(self):
        return self.chat.metric('viaduct_chat_disconnects_total{reason="slow_consumer"}')

    def join_and_never_read(self):
        reader = socket.socket()
        self.addCleanup(reader.close)
        reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        reader.connect(("127.0.0.1", self.chat.port))
        reader.sendall(
            f"GET /websocket HTTP/1.1\r\nHost: {HOST}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Key: Rnhou3qbnI2nVKLvsTWapg==\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        return reader

    def test_a_reader_that_never_reads_harms_nobody(self):
        room = Room(self, self.chat.port)
        for _ in range(40):
            room.speak()
        before = self.chat.resident_bytes()
        alone = room.take_latency()

        reader = self.join_and_never_read()
        eventually(lambda: self.chat.metric("viaduct_chat_connections_open") == OTHERS + 1, "the reader is in")
        spoken = room.spoken_bytes
        grown, rounds = 0, 0
        deadline = time.monotonic() + 60
        while self.slow() == 0:
            self.assertLess(time.monotonic(), deadline, "the reader is dropped")
            room.speak()
            rounds += 1
            grown = max(grown, self.chat.resident_bytes() - before)
        beside = room.take_latency()
        print(
            f"half of the deliveries within {alone * 1e3:.1f} ms alone, {beside * 1e3:.1f} ms beside the reader; dropped after "
            f"{rounds} rounds and {(room.spoken_bytes - spoken) >> 10} KiB; the chat grew by {grown >> 10} KiB"
        )
        self.assertGreaterEqual(rounds, LIMITS["max_outbound_bytes"] // LONG_BYTES)
        self.assertLess(grown, MOST_GROWTH)
        # One that waited for the reader would have waited until it is dropped.
        self.assertLess(beside, 5 * alone + 0.1)

        # The others go on, and the reader finds its Close behind what the kernel and the frame it was in had for it.
        room.speak()
        self.assertTrue(self.read_all(reader).endswith(CLOSE))
        reader.sendall(masked_frame(0x8, (1013).to_bytes(2, "big")))
        eventually(lambda: self.chat.metric("viaduct_chat_connections_open") == OTHERS, "the reader is gone")
        self.assertEqual(self.slow(), 1)

    def read_all(self, reader):
        """Reads up to the Close frame; returns the end of the data."""
        reader.settimeout(PATIENCE)
        tail = b""
        while not tail.endswith(CLOSE):
            data = reader.recv(1 << 20)
            self.assertNotEqual(data, b"", "the Close frame comes before the end")
            tail = (tail + data)[-200:]
        return tail


if __name__ == "__main__":
    unittest.main()
