"""A deployment: two tasks behind a balancer, one after the other drained and replaced while 200 viewers chat.

What must hold is what docs/architecture.md says of the drain: each viewer is told 1012 by a Close frame, evenly over
drain.spread, and all that it had sent by its answer reaches the chat.
"""

import asyncio
import collections
import signal
import time
import unittest

from tests.support.eventually import PATIENCE
from tests.support.load_client import Viewer
from tests.support.places import free_port, runfile
from tests.support.stack import HAPROXY, Chat, Program, Sidecar, unused_path

VIEWERS = 200
PAUSE = 4.0  # between two messages of a viewer: all others of its task hear each
ACCEPT_WINDOW = 1.0
SPREAD = 6.0
DRAIN = {"accept_window": "1s", "spread": "6s", "close_wait": "15s", "timeout": "25s"}
BUCKETS = 6
ONE_SERVER = '  server sidecar "127.0.0.1:${VIADUCT_SIDECAR_PORT-8081}" check\n'


def start_edge(test, sidecars):
    """The local edge with a server for each sidecar, new viewers going to the emptier one."""
    with open(runfile("deploy/local/haproxy.cfg"), encoding="utf-8") as file:
        config = file.read()
    test.assertIn(ONE_SERVER, config)
    servers = [f"  server task{i} 127.0.0.1:{sidecar.port} check\n" for i, sidecar in enumerate(sidecars)]
    path = unused_path("two-tasks", "cfg")
    with open(path, "w", encoding="utf-8") as file:
        file.write(config.replace(ONE_SERVER, "  balance leastconn\n" + "".join(servers)))
    port = free_port()
    environment = {"VIADUCT_EDGE_PORT": str(port)}
    edge = Program("edge", [HAPROXY, "-db", "-f", path], f"http://127.0.0.1:{port}/", environment)
    edge.good_statuses = (0, -signal.SIGTERM)
    test.addCleanup(edge.stop)
    edge.start()
    return port


class RollingDeployTest(unittest.TestCase):
    def setUp(self):
        self.chats = [Chat(name=f"chat{i}") for i in range(2)]
        self.sidecars = [
            Sidecar(chat.port, {"drain": DRAIN, "vpc_origin": {"hosts": []}}, name=f"sidecar{i}")
            for i, chat in enumerate(self.chats)
        ]
        for program in [*self.chats, *self.sidecars]:
            self.addCleanup(program.stop)
            program.start()
        self.port = start_edge(self, self.sidecars)

    async def wait_until(self, condition, what):
        deadline = time.monotonic() + PATIENCE
        while not condition():
            self.assertLess(time.monotonic(), deadline, what)
            await asyncio.sleep(0.05)

    async def replace(self, i, viewers):
        """Drains task `i` and starts another in its place; returns the times of the Closes, counted from SIGTERM."""
        loop = asyncio.get_running_loop()
        counts = [len(viewer.closes) for viewer in viewers]
        begin = time.monotonic()
        self.sidecars[i].signal(signal.SIGTERM)
        self.assertEqual(await loop.run_in_executor(None, self.sidecars[i].wait), 0)
        # ECS stops the application once the sidecar, which depends on it, is gone.
        self.assertEqual(await loop.run_in_executor(None, self.chats[i].terminate), 0)
        await loop.run_in_executor(None, self.chats[i].start)
        await loop.run_in_executor(None, self.sidecars[i].start)
        closes = [close for viewer, count in zip(viewers, counts) for close in viewer.closes[count:]]
        return [at - begin for at, _ in closes]

    async def deploy(self):
        viewers = [Viewer(self.port, f"viewer{i}", PAUSE) for i in range(VIEWERS)]
        running = [asyncio.create_task(viewer.run()) for viewer in viewers]
        drains = []
        for i in range(2):
            open_before = [len(viewer.closes) + 1 for viewer in viewers]
            await self.wait_until(
                lambda: all(viewer.sessions >= count for viewer, count in zip(viewers, open_before)), "all are there"
            )
            # Under load: each viewer has received an echo since then.
            heard = [len(viewer.acknowledged) for viewer in viewers]
            await self.wait_until(
                lambda: all(len(viewer.acknowledged) > count for viewer, count in zip(viewers, heard)), "all hear echoes"
            )
            drains.append(await self.replace(i, viewers))
        back = [len(viewer.closes) + 1 for viewer in viewers]
        await self.wait_until(
            lambda: all(viewer.sessions >= count for viewer, count in zip(viewers, back)), "all are back"
        )
        heard = [len(viewer.acknowledged) for viewer in viewers]
        await self.wait_until(
            lambda: all(len(viewer.acknowledged) > count for viewer, count in zip(viewers, heard)), "all go on"
        )
        for viewer in viewers:
            viewer.stop()
        await asyncio.gather(*running)
        return viewers, drains

    def test_nothing_that_was_sent_is_lost_and_nobody_sees_1006(self):
        viewers, drains = asyncio.run(self.deploy())
        for program in [*self.sidecars, *self.chats]:
            self.assertEqual(program.terminate(), 0)

        codes = collections.Counter(code for viewer in viewers for _, code in viewer.closes)
        self.assertEqual(set(codes), {1012}, codes)
        self.assertTrue(all(viewer.closes for viewer in viewers), "each was on a task that was replaced")
        refusals = collections.Counter(status for viewer in viewers for status in viewer.refusals)
        self.assertLessEqual(set(refusals), {503}, refusals)

        # The chat got each message once: those that were acknowledged and those whose echo met a Close.
        sent = sum(viewer.sent for viewer in viewers)
        received = sum(chat.log().count('"msg":"ws message received"') for chat in self.chats)
        self.assertEqual(received, sent)
        lost_echoes = 0
        for viewer in viewers:
            self.assertEqual(viewer.acknowledged, sorted(set(viewer.acknowledged)))
            self.assertLessEqual(viewer.acknowledged[-1], viewer.sent)
            unacknowledged = viewer.sent - len(viewer.acknowledged)
            # At most the last message of each session.
            self.assertLessEqual(unacknowledged, viewer.sessions)
            lost_echoes += unacknowledged
        self.assertLess(lost_echoes, sent / 10)

        ends = collections.Counter(
            entry["end"] for sidecar in self.sidecars for entry in sidecar.log_entries() if entry["msg"] == "tunnel"
        )
        self.assertLessEqual(set(ends), {"drain", "viewer_close"}, ends)
        self.assertEqual(ends["drain"], codes[1012])
        for closes in drains:
            self.check_spread(closes)

    def check_spread(self, closes):
        """Asserts that the Closes of a drain came in its time, and evenly."""
        self.assertGreaterEqual(len(closes), VIEWERS / 4, "the balancer has shared out the viewers")
        self.assertGreaterEqual(min(closes), ACCEPT_WINDOW)
        width = SPREAD / BUCKETS
        histogram = collections.Counter(
            min(BUCKETS - 1, int((close - ACCEPT_WINDOW) / width)) for close in closes
        )
        for bucket, count in histogram.items():
            self.assertLessEqual(count, 3 * len(closes) / BUCKETS, f"bucket {bucket} of {sorted(histogram.items())}")
        self.assertGreaterEqual(max(closes) - min(closes), SPREAD / 2)


if __name__ == "__main__":
    unittest.main()
