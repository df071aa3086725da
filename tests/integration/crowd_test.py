"""Ten thousand viewers on one chat task, and an operator who looks through them all and sends them away.

As many as the limit on descriptors lets this process and the chat have; how many that were, and what each costs the
chat, is printed.
"""

import collections
import datetime
import resource
import signal
import statistics
import time
import unittest

import grpc

from api.admin.v1 import chat_admin_pb2 as api
from api.admin.v1 import chat_admin_pb2_grpc as api_grpc
from tests.support.crowd import Crowd
from tests.support.eventually import PATIENCE, eventually
from tests.support.stack import Chat

CONNECTIONS = 10_000
# Descriptors for other uses than viewers: listeners, logs, event loops, the admin API.
RESERVED = 500
# Bytes of the process per viewer with an empty queue, for an unoptimized build and with the allocator's overhead.
MOST_BYTES = 2_048
SPREAD = 5  # seconds
BUCKETS = 10


def affordable(most):
    """Returns the number of connections that both ends may have, up to a maximum."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return min(most, soft - RESERVED)


class CrowdTest(unittest.TestCase):
    def setUp(self):
        self.count = affordable(CONNECTIONS)
        self.chat = Chat({"timeouts": {"drain_timeout": "60s", "close_timeout": "60s"}})
        self.addCleanup(self.chat.stop)
        self.chat.start()
        channel = grpc.insecure_channel(f"unix:{self.chat.admin_socket}")
        self.addCleanup(channel.close)
        self.admin = api_grpc.ChatAdminStub(channel)

    def list_all(self):
        """Returns the names of all connections, page by page."""
        names, token, pages = [], "", 0
        while True:
            request = api.ListConnectionsRequest(page_size=1_000, page_token=token)
            page = self.admin.ListConnections(request, timeout=PATIENCE)
            self.assertEqual(page.total_size, self.count)
            names += [connection.name for connection in page.connections]
            token, pages = page.next_page_token, pages + 1
            if token == "":
                return names, pages

    def test_a_crowd_costs_little_and_can_be_listed_and_addressed(self):
        with Crowd(self.chat.port) as crowd:
            before = self.chat.resident_bytes()
            begin = time.monotonic()
            crowd.join(self.count)
            took = time.monotonic() - begin
            each = (self.chat.resident_bytes() - before) / self.count
            print(f"{self.count} connections in {took:.1f} s, {each:.0f} bytes each")
            self.assertLess(each, MOST_BYTES)

            begin = time.monotonic()
            names, pages = self.list_all()
            print(f"listed in {pages} pages and {time.monotonic() - begin:.1f} s")
            self.assertEqual(len(names), self.count)
            self.assertEqual(set(names), {f"connections/{member.id}" for member in crowd.members})
            self.assertEqual(pages, -(-self.count // 1_000))

            # One word of one viewer reaches all.
            begin = time.monotonic()
            crowd.members[0].send(b"hello, all")
            crowd.run_until(lambda: crowd.texts == self.count, lambda: f"all hear it, not {crowd.texts}")
            print(f"heard by all in {time.monotonic() - begin:.2f} s")
            stats = self.admin.GetStats(api.GetStatsRequest(), timeout=PATIENCE)
            self.assertEqual((stats.connections_open, stats.connections_total), (self.count, self.count))

            # A task that stops tells everybody.
            self.chat.signal(signal.SIGTERM)
            crowd.run_until(lambda: crowd.open == 0, lambda: f"all are gone, but for {crowd.open}")
            self.assertEqual(collections.Counter(code for _, code in crowd.closes), {1001: self.count})
        self.assertEqual(self.chat.wait(), 0)

    def test_crowd_is_sent_away_evenly(self):
        with Crowd(self.chat.port) as crowd:
            crowd.join(self.count)
            request = api.CloseConnectionsRequest(all=True, code=4001, reason="come back later")
            request.spread.FromTimedelta(datetime.timedelta(seconds=SPREAD))
            begin = time.monotonic()
            self.assertEqual(self.admin.CloseConnections(request, timeout=PATIENCE).count, self.count)
            crowd.run_until(lambda: crowd.open == 0, lambda: f"all are gone, but for {crowd.open}")
            self.assertEqual(collections.Counter(code for _, code in crowd.closes), {4001: self.count})
            times = [at - begin for at, _ in crowd.closes]
        width = SPREAD / BUCKETS
        counter = collections.Counter(min(BUCKETS - 1, int(at / width)) for at in times)
        shares = [counter[bucket] for bucket in range(BUCKETS)]
        print(f"closed from {min(times):.2f} s to {max(times):.2f} s, {shares} a bucket")
        self.assertGreaterEqual(max(times), SPREAD * 0.9)
        # No close comes early; on a busy machine closes are seen late and in groups.
        for bucket in range(BUCKETS - 1):
            early = sum(at < (bucket + 1) * width for at in times)
            self.assertLess(early, (bucket + 2) * self.count / BUCKETS, f"within {(bucket + 1) * width} s")
        # Not all closes are late: a machine that stalls empties some buckets, not half of them.
        self.assertGreaterEqual(statistics.median(shares), self.count / BUCKETS / 2)
        stats = lambda: self.admin.GetStats(api.GetStatsRequest(), timeout=PATIENCE)
        # A worker counts a close after the connection is no longer open.
        eventually(lambda: stats().closes[4001] == self.count, "all are counted")
        self.assertEqual(stats().connections_open, 0)

    def test_memory_of_those_who_left_is_used_again(self):
        grown = []
        for _ in range(3):
            with Crowd(self.chat.port) as crowd:
                crowd.join(self.count // 4)
                grown.append(self.chat.resident_bytes())
            nobody = lambda: self.admin.GetStats(api.GetStatsRequest(), timeout=PATIENCE).connections_open == 0
            eventually(nobody, "all have left")
        self.assertLess(grown[-1], grown[0] * 1.2)


if __name__ == "__main__":
    unittest.main()
