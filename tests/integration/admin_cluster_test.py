"""Two chat tasks on one Redis, steered through the admin socket of one: a task or Redis that dies is told, in bounded time."""

import signal
import subprocess
import time
import unittest

import grpc
from google.protobuf.duration_pb2 import Duration

from api.admin.v1 import chat_admin_pb2 as api
from api.admin.v1 import chat_admin_pb2_grpc as api_grpc
from tests.support.eventually import PATIENCE, eventually
from tests.support.places import runfile
from tests.support.redis_server import RedisServer
from tests.support.stack import Chat, started
from tests.support.viewers import Viewers
from tests.support.watch import Watch

UNAVAILABLE = grpc.StatusCode.UNAVAILABLE


class AdminClusterTest(unittest.TestCase):
    def setUp(self):
        self.redis = started(self, RedisServer())
        config = {"broker": {"redis": {"address": self.redis.address, "back_off_last": "500ms", "presence_ttl": "20s"}}}
        self.chats = [started(self, Chat(config, name=name)) for name in ("chat-one", "chat-two")]
        self.viewers = []
        for chat in self.chats:
            viewers = Viewers(chat.port)
            self.addCleanup(viewers.stop)
            self.viewers.append(viewers)
        channel = grpc.insecure_channel(f"unix:{self.chats[0].admin_socket}")
        self.addCleanup(channel.close)
        self.admin = api_grpc.ChatAdminStub(channel)
        eventually(lambda: len(self.stats().tasks) == 2, "both tasks know each other")

    def stats(self, timeout=PATIENCE):
        return self.admin.GetStats(api.GetStatsRequest(scope=api.CLUSTER, room_limit=5), timeout=timeout)

    def watch(self, **request):
        watch = Watch(self.admin, **request)
        self.addCleanup(watch.stop)
        self.assertTrue(watch.next(lambda _: True).HasField("started"))
        here = watch.next(lambda _: True).task_watch
        there = watch.next(lambda _: True).task_watch
        self.assertEqual((here.state, there.state), (api.TaskWatch.BEGUN, api.TaskWatch.BEGUN))
        return watch, here.task, there.task

    def ends(self, scope):
        request = api.ListRecentChatEndsRequest(id="3QinF8qURdlfjvILo", scope=scope)
        return self.admin.ListRecentEnds(request, timeout=PATIENCE).ends

    def test_one_socket_tells_of_the_ends_on_both_tasks(self):
        for viewers in self.viewers:
            viewer, name = viewers.open()
            self.admin.CloseConnection(api.CloseConnectionRequest(name=name, scope=api.CLUSTER), timeout=PATIENCE)
            viewers.closed(viewer)
        eventually(lambda: len(self.ends(api.CLUSTER)) == 2, "both ends are told")
        self.assertEqual(len(self.ends(api.TASK)), 1)
        newest, oldest = self.ends(api.CLUSTER)
        self.assertNotEqual(newest.task, oldest.task)
        self.assertGreaterEqual(newest.time.ToNanoseconds(), oldest.time.ToNanoseconds())
        self.assertEqual(newest.fields["end"], "closed_by_operator")

    def test_one_socket_steers_both_tasks(self):
        opened = [self.viewers[i % 2].open() for i in range(5)]
        names = [name for _, name in opened]
        listed, token = [], ""
        while True:
            request = api.ListConnectionsRequest(scope=api.CLUSTER, page_size=2, page_token=token)
            page = self.admin.ListConnections(request, timeout=PATIENCE)
            self.assertEqual((page.total_size, len(page.unanswered)), (5, 0))
            listed += page.connections
            token = page.next_page_token
            if not token:
                break
        # Ordered by the clocks of two processes, so close ones may be the other way round.
        self.assertEqual(sorted(connection.name for connection in listed), sorted(names))
        tasks = {connection.name: connection.task for connection in listed}
        self.assertEqual(len({connection.task for connection in listed}), 2)
        request = api.GetConnectionRequest(name=names[1], scope=api.CLUSTER)
        self.assertEqual(self.admin.GetConnection(request, timeout=PATIENCE).task, tasks[names[1]])

        watch, here, there = self.watch(kinds=[api.Event.DISCONNECTED])
        self.assertEqual((here, there), (tasks[names[0]], tasks[names[1]]))
        self.admin.SendMessage(api.SendMessageRequest(name=names[3], text="you", scope=api.CLUSTER), timeout=PATIENCE)
        request = api.BroadcastRequest(text="all", all=True, scope=api.CLUSTER)
        self.assertEqual(self.admin.Broadcast(request, timeout=PATIENCE).recipient_count, 5)
        self.assertEqual(self.viewers[1].receive(opened[3][0]), "you")
        for i, (connection, _) in enumerate(opened):
            self.assertEqual(self.viewers[i % 2].receive(connection), "all")
        stats = self.stats()
        self.assertEqual((stats.connections_open, stats.rooms[0].client_count), (5, 5))

        self.admin.CloseConnection(api.CloseConnectionRequest(name=names[4], scope=api.CLUSTER), timeout=PATIENCE)
        began = time.monotonic()
        request = api.CloseConnectionsRequest(
            filter=api.ConnectionFilter(room=""), code=4000, spread=Duration(seconds=1), scope=api.CLUSTER
        )
        self.assertGreaterEqual(self.admin.CloseConnections(request, timeout=PATIENCE).count, 4)
        for i, (connection, _) in enumerate(opened[:4]):
            self.assertEqual(self.viewers[i % 2].closed(connection)[0], 4000)
        self.assertGreaterEqual(time.monotonic() - began, 0.4, "not all at once")
        told = [watch.next(lambda u: u.HasField("event")).event for _ in range(5)]
        self.assertEqual({event.connection: event.task for event in told}, tasks)

    def test_a_killed_task_is_named_and_then_forgotten(self):
        name = self.viewers[1].open()[1]
        watch, _, there = self.watch()
        self.chats[1].signal(signal.SIGKILL)
        self.chats[1].wait()
        request = api.GetConnectionRequest(name=name, scope=api.CLUSTER)
        with self.assertRaises(grpc.RpcError) as caught:
            self.admin.GetConnection(request, timeout=10)
        self.assertEqual(caught.exception.code(), UNAVAILABLE)
        self.assertIn(f"no answer of {there} (no answer in time)", caught.exception.details())
        self.assertEqual(watch.state(there, api.TaskWatch.LOST).task_watch.code, UNAVAILABLE.value[0])
        eventually(self.all_answer, "its presence has expired")

    def test_redis_away_is_told_and_the_watch_goes_on(self):
        watch, here, there = self.watch()
        self.redis.kill()
        lost = watch.state("", api.TaskWatch.LOST)
        self.assertEqual(lost.task_watch.message, "Redis is away")
        with self.assertRaises(grpc.RpcError) as caught:
            list(self.admin.WatchEvents(api.WatchEventsRequest(scope=api.CLUSTER), timeout=PATIENCE))
        self.assertEqual(caught.exception.code(), UNAVAILABLE)
        self.assertIn("the other tasks cannot be asked: Redis is away", caught.exception.details())
        stats = self.stats()
        self.assertEqual(list(stats.tasks), [here])
        self.assertEqual([(u.task, u.code, u.message) for u in stats.unanswered], [("", 14, "Redis is away")])
        command = [runfile("ctl/viaductctl"), "stats", "--cluster", "--endpoint", f"unix:{self.chats[0].admin_socket}"]
        told = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=True).stderr
        self.assertEqual(told, "viaductctl: partial answer, without the other tasks: Redis is away\n")
        self.viewers[0].open()
        self.assertEqual(watch.next(lambda u: u.HasField("event")).event.task, here)
        self.redis.start()
        watch.state("", api.TaskWatch.RESUMED)
        # A task that Redis has not named yet is watched when it has.
        eventually(lambda: self.heard_from(watch, there), "the other task is heard again")

    def all_answer(self):
        """Returns True if no task is missing; waits most of its time for one that is."""
        try:
            return not self.stats(timeout=2).unanswered
        except grpc.RpcError as error:
            self.assertEqual(error.code(), grpc.StatusCode.DEADLINE_EXCEEDED)
            return False

    def heard_from(self, watch, task):
        """Returns True if an event of the second task comes soon, about the viewer that this opens there."""
        self.viewers[1].open()
        return watch.soon(lambda update: update.HasField("event") and update.event.task == task)


if __name__ == "__main__":
    unittest.main()
