"""A gRPC client that is not ours (Debian's python3-grpcio) steers the chat."""

import json
import os
import time
import unittest

import grpc
from google.protobuf.duration_pb2 import Duration
from google.protobuf.field_mask_pb2 import FieldMask

from api.admin.v1 import chat_admin_pb2 as api
from api.admin.v1 import chat_admin_pb2_grpc as api_grpc
from api.admin.v1.drain_pb2 import CancelDrainRequest, Drain, GetDrainRequest
from tests.support.eventually import PATIENCE, eventually
from tests.support.places import free_port, outputs_dir
from tests.support.rpc_error import details_of
from tests.support.stack import Chat, Sidecar
from tests.support.viewers import Viewers

TOKEN = "a-token-of-the-test"
UNKNOWN = "connections/00000000-0000-4000-8000-000000000000"
INVALID = grpc.StatusCode.INVALID_ARGUMENT
REFLECTION = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"


class AdminTest(unittest.TestCase):
    def setUp(self):
        self.token_file = os.path.join(outputs_dir(), "token")
        self.write_tokens(f"tester {TOKEN}\n")
        self.tcp = f"127.0.0.1:{free_port()}"
        self.chat = Chat({"admin": {"tcp": {"listen": self.tcp, "bearer_token_file": self.token_file}}})
        self.sidecar = Sidecar(self.chat.port)
        self.addCleanup(self.chat.stop)
        self.addCleanup(self.sidecar.stop)
        self.chat.start()
        self.sidecar.start()
        self.viewers = Viewers(self.sidecar.port)
        self.addCleanup(self.viewers.stop)
        channel = grpc.insecure_channel(f"unix:{self.chat.admin_socket}")
        self.addCleanup(channel.close)
        self.admin = api_grpc.ChatAdminStub(channel)
        self.channel = channel

    def write_tokens(self, text):
        with open(self.token_file + ".new", "w", encoding="utf-8") as file:
            file.write(text)
        os.rename(self.token_file + ".new", self.token_file)

    def assert_fails(self, code, words, call, request, **options):
        with self.assertRaises(grpc.RpcError) as caught:
            call(request, **{"timeout": PATIENCE} | options)
        self.assertEqual(caught.exception.code(), code, caught.exception.details())
        self.assertIn(words, caught.exception.details())
        return details_of(caught.exception)

    def assert_invalid(self, field, call, request):
        details = self.assert_fails(INVALID, field, call, request)
        self.assertEqual([v.field for v in details["BadRequest"].field_violations], [field])
        self.assertEqual((details["ErrorInfo"].domain, details["ErrorInfo"].reason), ("viaduct", "INVALID_FIELD"))

    def assert_missing(self, call, request):
        details = self.assert_fails(grpc.StatusCode.NOT_FOUND, "", call, request)
        self.assertEqual(details["ResourceInfo"].resource_name, UNKNOWN)
        self.assertEqual(details["ResourceInfo"].resource_type, "viaduct.admin.v1.Connection")
        self.assertEqual(details["ErrorInfo"].reason, "RESOURCE_NOT_FOUND")

    def audit(self, method):
        """Returns the audit lines of a method so far."""
        return [e for e in self.chat.log_entries() if e.get("msg") == "admin call" and e["method"] == method]

    def test_lists_and_pages(self):
        names = [self.viewers.open()[1] for _ in range(5)]
        first = self.admin.ListConnections(api.ListConnectionsRequest(page_size=2))
        self.assertEqual([connection.name for connection in first.connections], names[:2])
        self.assertEqual(first.total_size, 5)
        second = self.admin.ListConnections(api.ListConnectionsRequest(page_size=2, page_token=first.next_page_token))
        third = self.admin.ListConnections(api.ListConnectionsRequest(page_size=2, page_token=second.next_page_token))
        rest = [connection.name for page in (second, third) for connection in page.connections]
        self.assertEqual(rest, names[2:])
        self.assertEqual(third.next_page_token, "")

        # The viewer may have its welcome before it counts as sent.
        got = eventually(lambda: self.has_sent(names[0]), "the welcome is counted")
        self.assertEqual(got.viewer_address, "2001:db8::1")
        self.assertEqual(got.forwarded_for, "2001:db8::1, 130.176.114.52")
        self.assertEqual(got.messages_sent, 1)

    def has_sent(self, name):
        """Returns the connection, once something was sent to it."""
        got = self.admin.GetConnection(api.GetConnectionRequest(name=name))
        return got if got.messages_sent else None

    def test_sends_broadcasts_and_closes(self):
        one, one_name = self.viewers.open()
        two, _ = self.viewers.open()
        self.admin.SendMessage(api.SendMessageRequest(name=one_name, text="only you"))
        self.assertEqual(self.viewers.receive(one), "only you")
        self.admin.SendMessage(api.SendMessageRequest(name=one_name, binary=b"\x00\xff"))
        self.assertEqual(self.viewers.receive(one), b"\x00\xff")
        answer = self.admin.Broadcast(api.BroadcastRequest(text="all of you", all=True))
        self.assertEqual(answer.recipient_count, 2)
        self.assertEqual([self.viewers.receive(viewer) for viewer in (one, two)], ["all of you"] * 2)
        self.admin.CloseConnection(api.CloseConnectionRequest(name=one_name, code=4001, reason="bye"))
        self.assertEqual(self.viewers.closed(one), (4001, "bye"))
        # A worker counts the close behind the connection that is no longer open.
        counted = lambda: self.admin.GetStats(api.GetStatsRequest()).closes[4001] == 1
        eventually(counted, "the closed connection is gone")
        stats = self.admin.GetStats(api.GetStatsRequest())
        self.assertEqual((stats.connections_open, stats.connections_total), (1, 2))

    def test_watches(self):
        watch = self.admin.WatchEvents(api.WatchEventsRequest(), timeout=PATIENCE)
        self.assertTrue(next(watch).HasField("started"))
        viewer, name = self.viewers.open()
        connected = next(watch).event
        self.assertEqual((connected.kind, connected.connection), (api.Event.CONNECTED, name))
        self.assertEqual((connected.client_count, connected.viewer_address), (1, "2001:db8::1"))
        self.viewers.say(viewer, "ü")
        message = next(watch).event
        self.assertEqual((message.kind, message.bytes, message.broadcast_count), (api.Event.MESSAGE, 2, 0))
        self.viewers.run(viewer.close(1000, "done"))
        closed = next(watch).event
        self.assertEqual((closed.kind, closed.close_code, closed.close_reason), (api.Event.DISCONNECTED, 1000, "done"))
        self.assertEqual(closed.client_count, 0)
        watch.cancel()

    def test_broadcast_cannot_be_taken_for_the_protocol(self):
        resuming = Viewers(self.chat.port, target="/websocket?since=&name=Ada")
        self.addCleanup(resuming.stop)
        viewer, _ = resuming.open()
        plain, _ = self.viewers.open()
        watch = self.admin.WatchEvents(api.WatchEventsRequest(kinds=[api.Event.BROADCAST]), timeout=PATIENCE)
        self.assertTrue(next(watch).HasField("started"))
        text = '{"type":"welcome","id":"x"}'
        self.admin.Broadcast(api.BroadcastRequest(text=text, all=True, **{"from": "Ops"}))
        heard = {"type": "presence"}
        while heard["type"] == "presence":
            heard = json.loads(resuming.receive(viewer))
        self.assertEqual(heard, {"type": "notice", "from": "Ops", "message": text})
        self.assertEqual(self.viewers.receive(plain), text)
        event = next(watch).event
        self.assertEqual((event.kind, getattr(event, "from"), event.all_rooms), (api.Event.BROADCAST, "Ops", True))
        self.assertEqual((event.bytes, event.broadcast_count, event.connection), (len(text), 2, ""))
        watch.cancel()
        self.assert_invalid("from", self.admin.Broadcast, api.BroadcastRequest(text="x", all=True, **{"from": "a\n"}))

    def test_closes_many_evenly(self):
        viewers = [self.viewers.open() for _ in range(10)]
        request = api.CloseConnectionsRequest(
            filter=api.ConnectionFilter(room="", viewer_range="2001:db8::/32"), code=4001, spread=Duration(seconds=1)
        )
        request.validate_only = True
        self.assertEqual(self.admin.CloseConnections(request).count, 10)
        self.assertEqual(self.audit("CloseConnections"), [], "nothing was changed")
        request.validate_only = False
        begin = time.monotonic()
        self.assertEqual(self.admin.CloseConnections(request).count, 10)
        for viewer, _ in viewers:
            self.assertEqual(self.viewers.closed(viewer), (4001, ""))
        self.assertGreaterEqual(time.monotonic() - begin, 0.5)
        line = eventually(lambda: self.audit("CloseConnections"), "the audit line")[0]
        self.assertEqual((line["count"], line["resource"]), (10, 'room="" viewer_range=2001:db8::/32'))
        eventually(lambda: self.admin.GetStats(api.GetStatsRequest()).connections_open == 0, "all are gone")

    def test_drains_and_comes_back(self):
        viewer, _ = self.viewers.open()
        check = self.channel.unary_unary("/grpc.health.v1.Health/Check")
        drain = self.admin.Drain(api.DrainChatRequest())
        self.assertEqual((drain.cause, drain.open_at_start), (Drain.OPERATOR, 1))
        self.assertEqual(check(b"", timeout=PATIENCE), b"\x08\x02", "NOT_SERVING")
        self.assertEqual(self.viewers.closed(viewer), (1012, "service restart"))
        drained = lambda: self.admin.GetDrain(GetDrainRequest()).state == Drain.DRAINED
        eventually(drained, "the chat is drained")
        self.assertEqual(self.admin.CancelDrain(CancelDrainRequest()).state, Drain.SERVING)
        self.assertEqual(check(b"", timeout=PATIENCE), b"\x08\x01", "SERVING")
        self.viewers.open()
        for method in ("Drain", "CancelDrain"):
            eventually(lambda method=method: len(self.audit(method)) == 1, f"the audit of {method}")

    def test_changes_settings(self):
        before = self.admin.GetSettings(api.GetSettingsRequest())
        request = api.UpdateSettingsRequest(
            settings=api.Settings(max_connections=1, max_room_clients=2),
            update_mask=FieldMask(paths=["max_room_clients"]),
        )
        after = self.admin.UpdateSettings(request)
        self.assertEqual((after.max_room_clients, after.max_connections), (2, before.max_connections))
        self.assertEqual(self.admin.GetSettings(api.GetSettingsRequest()), after)
        line = eventually(lambda: self.audit("UpdateSettings"), "the audit line")[0]
        self.assertEqual(line["resource"], "max_room_clients")

    def test_says_what_is_wrong(self):
        self.assert_invalid("page_size", self.admin.ListConnections, api.ListConnectionsRequest(page_size=-1))
        self.assert_invalid("page_token", self.admin.ListConnections, api.ListConnectionsRequest(page_token="x"))
        for call, request in (
            (self.admin.GetConnection, api.GetConnectionRequest),
            (self.admin.SendMessage, api.SendMessageRequest),
            (self.admin.CloseConnection, api.CloseConnectionRequest),
        ):
            self.assert_invalid("name", call, request(name="someone"))
            payload = {"text": "x"} if request is api.SendMessageRequest else {}
            self.assert_missing(call, request(name=UNKNOWN, **payload))
        self.assert_invalid("payload", self.admin.SendMessage, api.SendMessageRequest(name=UNKNOWN))
        self.assert_invalid("payload", self.admin.Broadcast, api.BroadcastRequest(all=True))
        self.assert_invalid("target", self.admin.Broadcast, api.BroadcastRequest(text="x"))
        self.assert_invalid("room", self.admin.Broadcast, api.BroadcastRequest(text="x", room="a/b"))
        self.assert_invalid("filter", self.admin.CloseConnections, api.CloseConnectionsRequest())
        both = api.CloseConnectionsRequest(all=True, filter=api.ConnectionFilter(room="x"))
        self.assert_invalid("all", self.admin.CloseConnections, both)
        bad_range = api.ConnectionFilter(viewer_range="10.0.0.1/8")
        self.assert_invalid(
            "filter.viewer_range", self.admin.ListConnections, api.ListConnectionsRequest(filter=bad_range)
        )
        self.assert_invalid("room_limit", self.admin.GetStats, api.GetStatsRequest(room_limit=-1))
        self.assert_invalid("update_mask", self.admin.UpdateSettings, api.UpdateSettingsRequest())
        too_few = api.UpdateSettingsRequest(settings=api.Settings(), update_mask=FieldMask(paths=["max_connections"]))
        self.assert_invalid("settings.max_connections", self.admin.UpdateSettings, too_few)
        self.assert_invalid("spread", self.admin.Drain, api.DrainChatRequest(spread=Duration(seconds=-1)))
        for code in (999, 1005, 1006, 1015, 2999, 5000, -1):
            self.assert_invalid("code", self.admin.CloseConnection, api.CloseConnectionRequest(name=UNKNOWN, code=code))
        too_long = api.CloseConnectionRequest(name=UNKNOWN, reason="r" * 124)
        self.assert_invalid("reason", self.admin.CloseConnection, too_long)
        self.assert_invalid("kinds", lambda *a, **k: list(self.admin.WatchEvents(*a, **k)), api.WatchEventsRequest(kinds=[9]))

    def test_keeps_deadlines_and_takes_cancellations(self):
        watch = self.admin.WatchEvents(api.WatchEventsRequest(), timeout=1)
        with self.assertRaises(grpc.RpcError) as caught:
            # Nothing happens; on a busy machine it has not even begun by then.
            for update in watch:
                self.assertTrue(update.HasField("started"))
        self.assertEqual(caught.exception.code(), grpc.StatusCode.DEADLINE_EXCEEDED)
        watch = self.admin.WatchEvents(api.WatchEventsRequest())
        self.assertTrue(next(watch).HasField("started"))
        watch.cancel()
        with self.assertRaises(grpc.RpcError) as caught:
            next(watch)
        self.assertEqual(caught.exception.code(), grpc.StatusCode.CANCELLED)
        late = {"timeout": -1}
        self.assert_fails(grpc.StatusCode.DEADLINE_EXCEEDED, "", self.admin.GetStats, api.GetStatsRequest(), **late)

    def test_audits_what_changes_something(self):
        _, name = self.viewers.open()
        self.admin.SendMessage(api.SendMessageRequest(name=name, text="psst"))
        self.admin.Broadcast(api.BroadcastRequest(text="psst", all=True))
        self.assert_missing(self.admin.CloseConnection, api.CloseConnectionRequest(name=UNKNOWN))
        with grpc.insecure_channel(self.tcp) as channel:
            right = [("authorization", "Bearer " + TOKEN)]
            request = api.CloseConnectionRequest(name=name, reason="psst")
            api_grpc.ChatAdminStub(channel).CloseConnection(request, timeout=PATIENCE, metadata=right)
        closes = eventually(lambda: len(self.audit("CloseConnection")) == 2 and self.audit("CloseConnection"), "audit")
        self.assertEqual([(c["resource"], c["result"]) for c in closes], [(UNKNOWN, "NOT_FOUND"), (name, "OK")])
        self.assertEqual([(c["caller"], c["callerName"]) for c in closes], [("socket", ""), ("token", "tester")])
        self.assertEqual([s["resource"] for s in self.audit("SendMessage")], [name])
        self.assertEqual([s["count"] for s in self.audit("Broadcast")], [1])
        self.admin.GetStats(api.GetStatsRequest())
        self.assertEqual(self.audit("Broadcast")[0]["resource"], "all")
        self.admin.GetStats(api.GetStatsRequest(room_limit=3))
        self.assertEqual(self.audit("GetStats"), [], "it changes nothing")
        for entry in self.chat.log_entries():
            if entry.get("msg") == "admin call":
                self.assertNotIn("psst", str(entry))

    def test_takes_over_tokens_while_it_runs(self):
        with grpc.insecure_channel(self.tcp) as channel:
            admin = api_grpc.ChatAdminStub(channel)

            def answers(token):
                try:
                    admin.GetStats(
                        api.GetStatsRequest(), timeout=PATIENCE, metadata=[("authorization", "Bearer " + token)]
                    )
                    return True
                except grpc.RpcError as error:
                    self.assertEqual(error.code(), grpc.StatusCode.UNAUTHENTICATED)
                    return False

            self.assertTrue(answers(TOKEN))
            self.assertFalse(answers("another-token-of-it"))
            self.write_tokens(f"tester {TOKEN}\nnew another-token-of-it\n")
            eventually(lambda: answers("another-token-of-it"), "the new token is taken")
            self.assertTrue(answers(TOKEN))
            self.write_tokens("new another-token-of-it\n")
            eventually(lambda: not answers(TOKEN), "the old token is refused")
            self.write_tokens("broken\n")
            told = lambda e: (e["msg"], e.get("source")) == ("reload failed", "admin_tokens")
            warned = lambda: any(told(e) for e in self.chat.log_entries())
            eventually(warned, "the broken file is told of")
            self.assertTrue(answers("another-token-of-it"))

    def test_health_and_reflection_answer(self):
        check = self.channel.unary_unary("/grpc.health.v1.Health/Check")
        for service in (b"", b"viaduct.admin.v1.ChatAdmin"):
            request = b"\x0a" + bytes([len(service)]) + service
            self.assertEqual(check(request, timeout=PATIENCE), b"\x08\x01")  # SERVING
        with self.assertRaises(grpc.RpcError) as unknown:
            check(b"\x0a\x01x", timeout=PATIENCE)
        self.assertEqual(unknown.exception.code(), grpc.StatusCode.NOT_FOUND)
        reflect = self.channel.stream_stream(REFLECTION)
        answer = next(reflect(iter([b"\x3a\x01*"]), timeout=PATIENCE))  # list_services
        self.assertIn(b"viaduct.admin.v1.ChatAdmin", answer)
        answer = next(reflect(iter([b"\x22\x15grpc.health.v1.Health"]), timeout=PATIENCE))  # file_containing_symbol
        self.assertIn(b"HealthCheckRequest", answer)

    def test_tcp_asks_for_the_token(self):
        with grpc.insecure_channel(self.tcp) as channel:
            admin = api_grpc.ChatAdminStub(channel)
            refused = grpc.StatusCode.UNAUTHENTICATED
            request = api.GetStatsRequest()
            self.assert_fails(refused, "token", admin.GetStats, request)
            for value in ("Bearer wrong-token-wrong-to", "Bearer " + TOKEN + "x", TOKEN, "Basic " + TOKEN, ""):
                self.assert_fails(refused, "token", admin.GetStats, request, metadata=[("authorization", value)])
            right = [("authorization", "Bearer " + TOKEN)]
            self.assertEqual(admin.GetStats(request, timeout=PATIENCE, metadata=right).connections_open, 0)
            check = channel.unary_unary("/grpc.health.v1.Health/Check")
            self.assertEqual(check(b"", timeout=PATIENCE), b"\x08\x01", "a prober needs no token")

    def test_the_socket_is_for_its_group_only(self):
        self.assertEqual(os.stat(self.chat.admin_socket).st_mode & 0o777, 0o660)


if __name__ == "__main__":
    unittest.main()
