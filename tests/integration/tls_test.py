"""TLS on the sidecar's listener, seen by clients that are not ours: Python's ssl, and Debian's python3-websockets."""

import asyncio
import json
import signal
import socket
import ssl
import tempfile
import unittest

import websockets

from tests.support.edge_request import EDGE_HEADERS, UPGRADE_HEADERS, head
from tests.support.eventually import PATIENCE, eventually
from tests.support.identity import make_identity
from tests.support.stack import Chat, Sidecar

IDLE_TUNNELS = 400
MIB = 1 << 20

# The connections beyond limits.max_sessions that a worker lets in for health checks.
HEALTH_RESERVE = 32


def context(version=None, protocols=None):
    """Returns a client's context that accepts any certificate, with only one TLS version if given."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.check_hostname = False
    made.verify_mode = ssl.CERT_NONE
    made.set_ciphers("ALL:@SECLEVEL=0")  # the sidecar must be the one to refuse
    if version is not None:
        made.minimum_version = made.maximum_version = version
    if protocols is not None:
        made.set_alpn_protocols(protocols)
    return made


class TlsTest(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.identity = make_identity(directory.name, "first")
        self.chat = Chat()
        self.addCleanup(self.chat.stop)
        self.chat.start()

    def start(self, **config):
        certificate, key = self.identity
        tls = {"certificate_file": certificate, "private_key_file": key}
        tls.update(config.pop("tls", {}))
        self.sidecar = Sidecar(self.chat.port, {"listener_tls": tls, "workers": 1, **config})
        self.addCleanup(self.sidecar.stop)
        self.sidecar.start()

    def connect(self, **options):
        plain = socket.create_connection(("127.0.0.1", self.sidecar.port), PATIENCE)
        self.addCleanup(plain.close)
        secure = context(**options).wrap_socket(plain)
        self.addCleanup(secure.close)
        return secure

    def ended(self, reason):
        entries = [entry for entry in self.sidecar.log_entries() if entry.get("end") == reason]
        return entries[-1] if entries else None

    def test_both_versions_and_no_older_one(self):
        self.start()
        for version, name in ((ssl.TLSVersion.TLSv1_2, "TLSv1.2"), (ssl.TLSVersion.TLSv1_3, "TLSv1.3")):
            with self.subTest(version=name):
                with self.connect(version=version, protocols=["h2", "http/1.1"]) as connection:
                    self.assertEqual(connection.version(), name)
                    self.assertEqual(connection.selected_alpn_protocol(), "http/1.1")
                    connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
                    self.assertTrue(connection.recv(4096).startswith(b"HTTP/1.1 200 "))
        with self.assertRaises((ssl.SSLError, ConnectionError)):
            self.connect(version=ssl.TLSVersion.TLSv1_1)
        eventually(lambda: self.ended("tls_handshake_failed"), "the refusal is logged")
        self.assertEqual(self.ended("tls_handshake_failed")["problem"], "unsupported protocol")

    def test_a_websocket_client_talks_through_it(self):
        self.start()

        async def talk():
            async with websockets.connect(
                f"wss://127.0.0.1:{self.sidecar.port}/websocket",
                ssl=context(),
                extra_headers=EDGE_HEADERS,
                max_size=None,
                open_timeout=PATIENCE,
            ) as connection:
                await connection.recv()
                for text in ("x", "y" * 65536, "z" * MIB):
                    await connection.send(text)
                    self.assertEqual(json.loads(await connection.recv())["message"], text)
                await asyncio.wait_for(await connection.ping(b"hello"), PATIENCE)
                self.sidecar.signal(signal.SIGTERM)
                with self.assertRaises(websockets.ConnectionClosed) as caught:
                    await connection.recv()
                self.assertEqual(caught.exception.rcvd.code, 1012)

        asyncio.run(talk())
        self.assertEqual(self.sidecar.wait(), 0)

    def test_half_open_handshakes_are_bounded_and_end(self):
        self.start(tls={"handshake_timeout": "4s"}, limits={"max_sessions": 50})
        allowed = 50 + HEALTH_RESERVE
        silent = [socket.create_connection(("127.0.0.1", self.sidecar.port), PATIENCE) for _ in range(allowed + 10)]
        for connection in silent:
            self.addCleanup(connection.close)
        for connection in silent:
            try:
                self.assertEqual(connection.recv(1), b"")
            except ConnectionResetError:
                pass
        eventually(
            lambda: sum(e.get("end") == "tls_handshake_timeout" for e in self.sidecar.log_entries()) == allowed,
            f"{allowed} of them are timeouts",
        )
        self.assertEqual(sum(e.get("end") == "too_many_sessions" for e in self.sidecar.log_entries()), 10)
        self.connect().close()

    def memory_kib(self):
        with open(f"/proc/{self.sidecar.pid}/status", encoding="ascii") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmRSS:"))

    def open_tunnel(self, **options):
        connection = self.connect(**options)
        connection.sendall(head(UPGRADE_HEADERS))
        data = b""
        while b'"welcome"' not in data:
            more = connection.recv(4096)
            self.assertTrue(more, data)
            data += more
        return connection

    def test_an_idle_tunnel_holds_no_buffers(self):
        self.start()
        self.open_tunnel()
        before = self.memory_kib()
        for _ in range(IDLE_TUNNELS):
            self.open_tunnel()
        each = (self.memory_kib() - before) / IDLE_TUNNELS
        print(f"{each:.1f} KiB for each idle tunnel with TLS")
        # Two buffers of OpenSSL would be 33 KiB.
        self.assertLess(each, 25)


if __name__ == "__main__":
    unittest.main()
