"""Programs that may open few files: how many connections they then take, and that nothing else goes short."""

import contextlib
import os
import socket
import subprocess
import unittest
import urllib.request

from tests.support.edge_request import ACCEPT, HOST, UPGRADE_HEADERS, RawClient, changed, head
from tests.support.eventually import PATIENCE, eventually
from tests.support.places import runfile
from tests.support.stack import Chat, Sidecar

MOST = 620
FLOODED = 12
FRAME_BYTES = 60_000
SWITCHING = (
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Accept: " + ACCEPT.encode() + b"\r\n\r\n"
)
HEALTH_CHECK = head([("host", "10.0.3.12:8080"), ("user-agent", "ELB-HealthChecker/2.0")], "/healthz")


def descriptors(program):
    return len(os.listdir(f"/proc/{program.pid}/fd"))


def upgrade_of(viewer):
    return head(changed(UPGRADE_HEADERS, "x-forwarded-for", f"{viewer}, 130.176.114.52"))


class DescriptorsTest(unittest.TestCase):
    def start(self, program):
        program.allow_descriptors(MOST)
        self.addCleanup(program.stop)
        program.start()
        return program

    def warnings(self, program):
        return [entry for entry in program.log_entries() if entry["msg"] == "descriptor limit too low"]

    def healthcheck(self, sidecar):
        ops = f"127.0.0.1:{sidecar.ops_port}"
        command = [runfile("sidecar/viaduct-sidecar"), "healthcheck", "--ops", ops, "--ready"]
        return subprocess.run(command, timeout=PATIENCE, check=False).returncode

    def tunnel(self, server, sidecar, viewer):
        """Both ends of a tunnel, of which the viewer's has little room."""
        end = socket.socket()
        self.addCleanup(end.close)
        end.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        end.settimeout(PATIENCE)
        end.connect(("127.0.0.1", sidecar.port))
        end.sendall(upgrade_of(viewer))
        upstream, _ = server.accept()
        self.addCleanup(upstream.close)
        while not upstream.recv(65536).endswith(b"\r\n\r\n"):
            pass
        upstream.sendall(SWITCHING)
        self.assertTrue(end.recv(4096).startswith(b"HTTP/1.1 101"))
        return end, upstream

    def flood(self, upstream):
        """Sends frames until the viewer's side takes no more."""
        upstream.settimeout(0.2)
        frame = bytes([0x82, 126]) + FRAME_BYTES.to_bytes(2, "big") + bytes(FRAME_BYTES)
        with contextlib.suppress(TimeoutError):
            while True:
                upstream.sendall(frame)

    def test_one_viewer_that_reads_nothing_takes_no_descriptor_from_the_others(self):
        with socket.create_server(("127.0.0.1", 0), backlog=128) as server:
            sidecar = self.start(Sidecar(server.getsockname()[1], {"workers": 1}))
            (warning,) = self.warnings(sidecar)
            self.assertEqual((warning["for"], warning["limit"]), ("limits.max_sessions", MOST))
            in_force = warning["effective"]
            self.assertEqual(sidecar.metric("viaduct_sessions_limit"), in_force)

            tunnels = [self.tunnel(server, sidecar, "203.0.113.7") for _ in range(FLOODED)]
            before = descriptors(sidecar)
            for _, upstream in tunnels:
                self.flood(upstream)
            eventually(lambda: descriptors(sidecar) <= before + 2, "only the worker's pipe has come to them")

            # All others together take what is left, and still the balancer is told that the task is well.
            for number in range(in_force - FLOODED):
                tunnels.append(self.tunnel(server, sidecar, f"198.51.100.{number}"))
            eventually(lambda: sidecar.metric("viaduct_sessions_full") == 1, "it is full")
            for _ in range(3):
                with RawClient(sidecar.port, upgrade_of("192.0.2.1")) as client:
                    self.assertEqual(client.status(), 503)
                with RawClient(sidecar.port, HEALTH_CHECK) as client:
                    self.assertEqual(client.status(), 200)
            self.assertEqual(self.healthcheck(sidecar), 0)
            self.assertLess(descriptors(sidecar), MOST)

    def test_the_chat_takes_as_many_connections_as_it_has_descriptors_for(self):
        chat = self.start(Chat())
        (warning,) = self.warnings(chat)
        self.assertEqual((warning["for"], warning["limit"]), ("limits.max_connections", MOST))
        in_force = warning["effective"]
        for _ in range(in_force):
            client = self.enterContext(RawClient(chat.port, head(UPGRADE_HEADERS)))
            self.assertEqual(client.status(), 101)
        # Without an Origin; a browser would get a 101 and a Close.
        with RawClient(chat.port, head(changed(UPGRADE_HEADERS, "origin"))) as client:
            self.assertEqual(client.status(), 503)
        with urllib.request.urlopen(f"http://127.0.0.1:{chat.ops_port}/readyz", timeout=PATIENCE) as answer:
            self.assertEqual(answer.status, 200)
        self.assertLess(descriptors(chat), MOST)

    def test_enough_descriptors_are_no_warning(self):
        sidecar = Sidecar(1, {"limits": {"max_sessions": 100}})
        self.addCleanup(sidecar.stop)
        sidecar.start()
        self.assertEqual(self.warnings(sidecar), [])
        self.assertEqual(sidecar.metric("viaduct_sessions_limit"), 100)


if __name__ == "__main__":
    unittest.main()
