"""Faults and their reports: the status or close code, the reason in the log, and no descriptor left."""

import os
import signal
import socket
import unittest

from tests.support.edge_request import EDGE_HEADERS, HOST, UPGRADE_HEADERS, RawClient, changed, head
from tests.support.eventually import eventually
from tests.support.stack import Chat, Sidecar

PLAIN_HEADERS = EDGE_HEADERS + [("host", HOST)]


def descriptors(program):
    return len(os.listdir(f"/proc/{program.pid}/fd"))


class FaultsTest(unittest.TestCase):
    def start_sidecar(self, port, config=None):
        sidecar = Sidecar(port, {"workers": 1, **(config or {})})
        self.addCleanup(sidecar.stop)
        sidecar.start()
        return sidecar

    def start_chat(self):
        chat = Chat()
        self.addCleanup(chat.stop)
        chat.start()
        return chat

    def assert_ends(self, sidecar, ends, before):
        """Asserts that the log has `ends`, in order, and that as many descriptors are open as `before`."""
        told = lambda: [entry["end"] for entry in sidecar.log_entries() if "end" in entry]
        eventually(lambda: told() == ends, lambda: f"the log says {ends}, not {told()}")
        eventually(
            lambda: descriptors(sidecar) <= before, lambda: f"{descriptors(sidecar)} descriptors become {before}"
        )

    def status_of(self, sidecar, data):
        with RawClient(sidecar.port, data) as client:
            status = client.status()
            client.read_to_end()
            return status

    def test_origin_down(self):
        # Bound, so that nobody else listens there, but not listening.
        with socket.socket() as down:
            down.bind(("127.0.0.1", 0))
            sidecar = self.start_sidecar(down.getsockname()[1])
            before = descriptors(sidecar)
            self.assertEqual(self.status_of(sidecar, head(PLAIN_HEADERS, "/")), 502)
            self.assertEqual(self.status_of(sidecar, head(UPGRADE_HEADERS)), 502)
            self.assert_ends(sidecar, ["upstream_connect_failed"] * 2, before)

    def test_origin_hung(self):
        with socket.create_server(("127.0.0.1", 0)) as silent:
            timeouts = {"response_timeout": "300ms", "upgrade_timeout": "300ms"}
            sidecar = self.start_sidecar(silent.getsockname()[1], {"timeouts": timeouts})
            before = descriptors(sidecar)
            self.assertEqual(self.status_of(sidecar, head(PLAIN_HEADERS, "/")), 504)
            self.assertEqual(self.status_of(sidecar, head(UPGRADE_HEADERS)), 504)
            self.assert_ends(sidecar, ["upstream_response_timeout", "upgrade_timeout"], before)

    def test_origin_killed_under_a_tunnel_and_served_again(self):
        chat = self.start_chat()
        sidecar = self.start_sidecar(chat.port)
        before = descriptors(sidecar)
        with RawClient(sidecar.port, head(UPGRADE_HEADERS)) as viewer:
            self.assertEqual(viewer.status(), 101)
            viewer.read_frame()
            chat.signal(signal.SIGKILL)
            self.assertEqual(chat.wait(), -signal.SIGKILL)
            self.assertEqual(viewer.read_frame(), (8, b"\x03\xf3upstream disconnected"))
            self.assertEqual(viewer.read_to_end(), b"")
        self.assert_ends(sidecar, ["upstream_disconnect"], before)
        chat.start()
        self.assertEqual(self.status_of(sidecar, head(PLAIN_HEADERS + [("connection", "close")], "/")), 200)

    def test_garbage_requests(self):
        chat = self.start_chat()
        sidecar = self.start_sidecar(chat.port)
        before = descriptors(sidecar)
        garbage = {
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03": 400,  # TLS
            b"\x00" * 100: 400,
            b"GET / HTTP/1.1\nHost: x\n\n": 400,
            b"GET / HTTP/2.0\r\nHost: x\r\n\r\n": 400,
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n": 400,
            b"CONNECT x:443 HTTP/1.1\r\nHost: x:443\r\n\r\n": 405,
            b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n": 400,
            b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n": 400,
            b"GET / HTTP/1.1\r\nHost: x\r\n folded\r\n\r\n": 400,
            b"GET / HTTP/1.1\r\n\r\n": 400,
            b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\nHost: x\r\n\r\n": 414,
            b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 40000 + b"\r\n\r\n": 431,
        }
        for data, status in garbage.items():
            with self.subTest(data=data[:40]):
                self.assertEqual(self.status_of(sidecar, data), status)
        self.assert_ends(sidecar, ["bad_request"] * len(garbage), before)
        rules = [entry["rule"] for entry in sidecar.log_entries() if "end" in entry]
        self.assertEqual(rules[2:7:2], ["bare_line_feed", "bad_version", "bad_transfer_encoding"])

    def test_garbage_frames(self):
        chat = self.start_chat()
        sidecar = self.start_sidecar(chat.port)
        before = descriptors(sidecar)
        frames = {
            "mask_missing": b"\x81\x01x",
            "reserved_opcode": b"\x83\x80\x00\x00\x00\x00",
            "reserved_bits": b"\xf1\x80\x00\x00\x00\x00",
            "length_over_63_bits": b"\x82\xff" + b"\xff" * 12,
            "continuation_without_start": b"\x80\x80\x00\x00\x00\x00",
        }
        for rule, frame in frames.items():
            with self.subTest(rule=rule), RawClient(sidecar.port, head(UPGRADE_HEADERS)) as viewer:
                self.assertEqual(viewer.status(), 101)
                viewer.read_frame()
                viewer.send(frame)
                self.assertEqual(viewer.read_frame(), (8, b"\x03\xeaprotocol error"))
                viewer.read_to_end()
        self.assert_ends(sidecar, ["viewer_protocol_error"] * len(frames), before)
        self.assertEqual([entry["rule"] for entry in sidecar.log_entries() if "end" in entry], list(frames))

    def test_10000_entries_of_x_forwarded_for(self):
        chat = self.start_chat()
        sidecar = self.start_sidecar(chat.port)
        before = descriptors(sidecar)
        # Within the limit only the last two count, and they are the edge's and the balancer's own.
        many = changed(PLAIN_HEADERS, "x-forwarded-for", "x," * 10000 + "2001:db8::1, 130.176.114.52")
        self.assertEqual(self.status_of(sidecar, head(many + [("connection", "close")], "/")), 200)
        forged = changed(PLAIN_HEADERS, "x-forwarded-for", "1," * 10000 + "130.176.114.52, 2001:db8::1")
        self.assertEqual(self.status_of(sidecar, head(forged, "/")), 403)
        long = changed(PLAIN_HEADERS, "x-forwarded-for", "203.0.113.7, " * 10000 + "130.176.114.52")
        self.assertEqual(self.status_of(sidecar, head(long, "/")), 431)
        self.assert_ends(sidecar, ["completed", "denied", "bad_request"], before)

    def test_viewer_that_never_sends_its_head(self):
        with socket.create_server(("127.0.0.1", 0)) as origin:
            sidecar = self.start_sidecar(origin.getsockname()[1], {"timeouts": {"request_head_timeout": "300ms"}})
            before = descriptors(sidecar)
            self.assertEqual(self.status_of(sidecar, b""), 408)
            self.assertEqual(self.status_of(sidecar, b"GET / HTTP/1.1\r\nHost:"), 408)
            self.assert_ends(sidecar, ["request_head_timeout"] * 2, before)


if __name__ == "__main__":
    unittest.main()
