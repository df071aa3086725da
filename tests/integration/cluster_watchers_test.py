"""Watchers of two chat tasks on one Redis who never read, or vanish: they cost a bounded memory, and the others nothing."""

import unittest

import grpc

from api.admin.v1 import chat_admin_pb2 as api
from api.admin.v1 import chat_admin_pb2_grpc as api_grpc
from tests.support.crowd import Crowd
from tests.support.eventually import PATIENCE, eventually
from tests.support.redis_server import RedisServer
from tests.support.rpc_error import details_of
from tests.support.stack import Chat, started
from tests.support.watch import Watch

MIB = 1 << 20
# The longest name, so that events are large.
ROOM = "r" * 64
WATCHERS = 64
# A message of one byte, masked with zeros.
MESSAGE = b"\x81\x81\x00\x00\x00\x00m"
AT_ONCE = 500
REQUEST = api.WatchEventsRequest(scope=api.CLUSTER, kinds=[api.Event.MESSAGE])


class ClusterWatchersTest(unittest.TestCase):
    def setUp(self):
        redis = started(self, RedisServer())
        config = {"broker": {"redis": {"address": redis.address}}}
        self.chats = [started(self, Chat(config, name=name)) for name in ("chat-one", "chat-two")]
        # One speaker per task, in a room of its own.
        self.speakers = [self.enterContext(Crowd(chat.port, f"{n}{ROOM[1:]}")) for n, chat in enumerate(self.chats)]
        for speaker in self.speakers:
            speaker.join(1)
        self.admins = [self.admin(chat) for chat in self.chats]
        both = lambda: len(self.admins[0].GetStats(api.GetStatsRequest(scope=api.CLUSTER), timeout=PATIENCE).tasks) == 2
        eventually(both, "both tasks know each other")

    def admin(self, chat):
        """A stub on a connection of its own."""
        channel = grpc.insecure_channel(f"unix:{chat.admin_socket}", [("grpc.use_local_subchannel_pool", 1)])
        self.addCleanup(channel.close)
        return api_grpc.ChatAdminStub(channel)

    def begin_and_never_read(self, admin):
        call = admin.WatchEvents(REQUEST, timeout=10 * PATIENCE)
        self.addCleanup(call.cancel)
        # Only the beginning of the watch is read.
        self.assertTrue(next(call).HasField("started"))
        return call

    def good_watch(self):
        """A watch that is read, and the names of both tasks."""
        watch = Watch(self.admin(self.chats[0]), kinds=REQUEST.kinds)
        self.addCleanup(watch.stop)
        begun = [watch.next(lambda u: u.task_watch.state == api.TaskWatch.BEGUN).task_watch.task for _ in self.chats]
        return watch, begun

    def speak(self, count):
        """Sends this many messages on each task, and waits until all come back."""
        for _ in range(count // AT_ONCE):
            wanted = self.speakers[0].texts + AT_ONCE
            for speaker in self.speakers:
                speaker.members[0].socket.sendall(MESSAGE * AT_ONCE)
            for speaker in self.speakers:
                speaker.run_until(lambda speaker=speaker: speaker.texts == wanted, "all messages have come back")

    def assert_all_told(self, watch, tasks, count):
        """Waits until the watch has reported `count` messages of each task, or that it missed them."""
        told = dict.fromkeys(tasks, 0)
        while told != dict.fromkeys(tasks, count):
            update = watch.next(lambda u: u.HasField("event") or u.HasField("dropped"))
            if update.HasField("event"):
                told[update.event.task] += 1
            else:
                told[update.task] += update.dropped
            self.assertLessEqual(max(told.values()), count)

    def resident(self):
        return [chat.resident_bytes() for chat in self.chats]

    def grown(self, before):
        """Returns the largest growth of a task in bytes."""
        return max(chat.resident_bytes() - at_first for chat, at_first in zip(self.chats, before))

    def test_one_that_never_reads_costs_a_bounded_memory(self):
        watch, tasks = self.good_watch()
        slow = self.begin_and_never_read(self.admins[0])
        self.speak(2_000)
        self.assert_all_told(watch, tasks, 2_000)
        before = self.resident()
        self.speak(40_000)
        self.assert_all_told(watch, tasks, 40_000)
        self.assertLess(self.grown(before), 6 * MIB)
        self.assertTrue(slow.is_active())

    def test_64_are_the_limit_and_leave_no_trace_on_other_tasks(self):
        before = self.resident()
        watch, tasks = self.good_watch()
        slow = [self.begin_and_never_read(self.admins[0]) for _ in range(WATCHERS - 1)]
        for admin, scope in [(self.admins[0], api.CLUSTER), (self.admins[1], api.TASK)]:
            with self.assertRaises(grpc.RpcError) as caught:
                next(admin.WatchEvents(api.WatchEventsRequest(scope=scope), timeout=PATIENCE))
            self.assertEqual(caught.exception.code(), grpc.StatusCode.RESOURCE_EXHAUSTED)
            self.assertEqual(details_of(caught.exception)["ErrorInfo"].reason, "TOO_MANY_WATCHERS")
        self.speak(5_000)
        self.assert_all_told(watch, tasks, 5_000)
        full = self.resident()
        self.assertLess(self.grown(before), WATCHERS * 2 * MIB, "1024 events of each task for each")
        self.speak(10_000)
        self.assert_all_told(watch, tasks, 10_000)
        self.assertLess(self.grown(full), 24 * MIB, "of the 100 MiB and more that these would take")
        for call in slow:
            call.cancel()

        def place_on_the_other():
            try:
                return self.begin_and_never_read(self.admins[1])
            except grpc.RpcError:
                return None

        # Long before the other task would drop a watch that does not poll.
        for _ in slow:
            eventually(place_on_the_other, "a place is free on the other task", 10)
        self.speak(AT_ONCE)
        self.assert_all_told(watch, tasks, AT_ONCE)


if __name__ == "__main__":
    unittest.main()
