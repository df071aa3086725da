"""The sidecar and what stands behind it: a chat on a Unix socket, one that goes and comes back, and very many tunnels."""

import contextlib
import json
import os
import signal
import socket
import tempfile
import time
import unittest
import urllib.error
import urllib.request

from tests.support.edge_request import ACCEPT, EDGE_HEADERS, HOST, UPGRADE_HEADERS, RawClient, head
from tests.support.eventually import PATIENCE, eventually
from tests.support.stack import Chat, Sidecar

PLAIN_HEADERS = EDGE_HEADERS + [("host", HOST)]
TUNNELS = 9000
FLOODED = 10
FLOOD_BYTES = 60_000
SWITCHING = (
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Accept: " + ACCEPT.encode() + b"\r\n\r\n"
)


def readyz(sidecar):
    """Returns the text of /readyz, without the line end."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{sidecar.ops_port}/readyz", timeout=PATIENCE) as answer:
            return answer.read().decode().rstrip()
    except urllib.error.HTTPError as error:
        with error:
            return error.read().decode().rstrip()


def status_of(sidecar, data):
    with RawClient(sidecar.port, data) as client:
        return client.status()


def descriptors(program):
    """Returns its open sockets and pipes, e.g. "socket:[4711]"; gRPC's threads open other things at any time."""
    folder = f"/proc/{program.pid}/fd"
    opened = set()
    for name in os.listdir(folder):
        with contextlib.suppress(FileNotFoundError):  # closed meanwhile
            opened.add(os.readlink(os.path.join(folder, name)))
    return {each for each in opened if each.startswith(("socket:", "pipe:"))}


def resident_kib(program):
    with open(f"/proc/{program.pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS:"))


class UpstreamTest(unittest.TestCase):
    def start(self, program):
        self.addCleanup(program.stop)
        program.start()
        return program

    def assert_chats(self, sidecar):
        with RawClient(sidecar.port, head(UPGRADE_HEADERS)) as viewer:
            self.assertEqual(viewer.status(), 101)
            self.assertEqual(json.loads(viewer.read_frame()[1])["type"], "welcome")
            viewer.send_text("hello")
            self.assertEqual(json.loads(viewer.read_frame()[1])["type"], "echo")
        self.assertEqual(status_of(sidecar, head(PLAIN_HEADERS, "/")), 200)

    def test_a_chat_on_a_unix_socket_goes_and_comes_back(self):
        # Short, and not that of a test in another sandbox.
        folder = tempfile.TemporaryDirectory(dir="/tmp")
        self.addCleanup(folder.cleanup)
        path = f"{folder.name}/chat.sock"
        chat = self.start(Chat({"listen": f"unix:{path}"}))
        upstream = {"address": f"unix:{path}", "health": {"interval": "50ms", "path": "/healthz"}}
        sidecar = self.start(Sidecar(0, {"upstream": upstream}))
        self.assert_chats(sidecar)

        chat.signal(signal.SIGKILL)
        chat.wait()
        refused = f"upstream unix:{path}: connection refused"
        eventually(lambda: readyz(sidecar) == refused, lambda: f"/readyz says {refused}, not {readyz(sidecar)}")
        self.assertEqual(status_of(sidecar, head(PLAIN_HEADERS, "/healthz")), 503)
        self.assertEqual(status_of(sidecar, head(PLAIN_HEADERS, "/")), 502)

        chat.start()
        self.assert_chats(sidecar)
        eventually(lambda: readyz(sidecar) == "ok", lambda: f"/readyz says {readyz(sidecar)}")
        self.assertEqual(status_of(sidecar, head(PLAIN_HEADERS, "/healthz")), 200)

    def test_without_a_chat_the_answer_comes_at_once_and_with_it_too(self):
        chat = Chat()
        sidecar = self.start(Sidecar(chat.port))
        times = []
        for _ in range(20):
            begin = time.monotonic()
            self.assertEqual(status_of(sidecar, head(PLAIN_HEADERS, "/")), 502)
            times.append(time.monotonic() - begin)
        # Takes the quickest: the machine may be busy, but a request that waits for a timeout is always slow.
        self.assertLess(min(times), 1)
        self.start(chat)
        self.assertEqual(status_of(sidecar, head(PLAIN_HEADERS, "/")), 200)

    def test_each_path_has_its_chat(self):
        first = self.start(Chat(name="first"))
        second = self.start(Chat(name="second"))
        routes = [
            {"path_prefix": "/websocket", "upstream": {"address": f"127.0.0.1:{second.port}"}, "http": "REFUSE"},
            {"path_prefix": "/", "websocket": "REFUSE"},
        ]
        sidecar = self.start(Sidecar(first.port, {"routes": routes}))
        self.assert_chats(sidecar)
        self.assertEqual(status_of(sidecar, head(PLAIN_HEADERS, "/websocket")), 403)
        self.assertEqual(status_of(sidecar, head(UPGRADE_HEADERS, "/other")), 403)
        self.assertEqual(status_of(sidecar, head(UPGRADE_HEADERS, "/x/../websocket")), 400)
        second.signal(signal.SIGKILL)
        second.wait()
        self.assertEqual(status_of(sidecar, head(UPGRADE_HEADERS)), 502)
        self.assertEqual(status_of(sidecar, head(PLAIN_HEADERS, "/")), 200)

    def test_tunnels_that_are_full_cost_little(self):
        """Each may hold 64 KiB each way in the sidecar; what the kernel holds is not its memory."""
        with socket.create_server(("127.0.0.1", 0)) as origin:
            sidecar = self.start(Sidecar(origin.getsockname()[1], {"workers": 1}))
            pairs = [self.tunnel_to(origin, sidecar) for _ in range(FLOODED)]
            before = resident_kib(sidecar)
            for viewer, origin_end in pairs:
                self.fill(viewer, bytes([0x82, 0xFE]) + FLOOD_BYTES.to_bytes(2, "big") + bytes(4 + FLOOD_BYTES))
                self.fill(origin_end, bytes([0x82, 126]) + FLOOD_BYTES.to_bytes(2, "big") + bytes(FLOOD_BYTES))
            cost = resident_kib(sidecar) - before
            print(f"{FLOODED} tunnels that are full both ways: {cost} KiB")
            self.assertLess(cost, FLOODED * 2 * 64 + 512)

    def tunnel_to(self, origin, sidecar):
        """Returns both ends of a tunnel to a listening socket."""
        viewer = socket.create_connection(("127.0.0.1", sidecar.port), PATIENCE)
        self.addCleanup(viewer.close)
        viewer.sendall(head(UPGRADE_HEADERS))
        origin_end, _ = origin.accept()
        self.addCleanup(origin_end.close)
        request = b""
        while not request.endswith(b"\r\n\r\n"):
            request += origin_end.recv(65536)
        origin_end.sendall(SWITCHING)
        self.assertTrue(viewer.recv(65536).startswith(b"HTTP/1.1 101"))
        return viewer, origin_end

    def fill(self, end, frame):
        """Sends frames until the connection takes no more."""
        end.settimeout(0.2)
        with self.assertRaises(TimeoutError):
            for _ in range(10_000):
                end.sendall(frame)

    def test_9000_tunnels_open_and_nothing_of_them_stays(self):
        # All come from one viewer.
        chat = self.start(Chat({"limits": {"max_connections": 20000, "max_connections_per_viewer": 0}}))
        sidecar = self.start(Sidecar(chat.port, {"limits": {"max_tunnels_per_viewer": 0}}))
        before = descriptors(sidecar)
        begin = time.monotonic()
        sockets = self.open_tunnels(sidecar.port, TUNNELS)
        took = time.monotonic() - begin
        print(f"{TUNNELS} tunnels in {took:.1f} s")
        self.assertLess(took, 60)  # a few seconds where nothing else runs
        for each in sockets:
            each.close()
        eventually(
            lambda: len(descriptors(sidecar)) <= len(before), lambda: f"closes {descriptors(sidecar) - before}"
        )

    def open_tunnels(self, port, count):
        request = head(UPGRADE_HEADERS)
        sockets = []
        for first in range(0, count, 500):
            batch = []
            for _ in range(min(500, count - first)):
                each = socket.create_connection(("127.0.0.1", port), PATIENCE)
                self.addCleanup(each.close)
                each.sendall(request)
                batch.append(each)
            for each in batch:
                self.assertTrue(each.recv(12).startswith(b"HTTP/1.1 101"))
            sockets += batch
        return sockets


if __name__ == "__main__":
    unittest.main()
