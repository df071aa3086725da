"""Thousands of WebSockets in one thread: raw sockets on one epoll, which only do what they are told.

    with Crowd(port) as crowd:
        crowd.join(10_000)
        crowd.run_until(lambda: crowd.closed == 10_000, "all are closed")

Frames are cut out of what arrives and handed to `on_frame`; a Close is answered, a ping is not.
"""

import json
import select
import socket
import time

from tests.support.edge_request import HOST
from tests.support.eventually import PATIENCE
from tests.support.frames import whole_frames
from tests.support.load_client import ABNORMAL, masked_frame

TEXT, CLOSE = 0x1, 0x8
# The number of handshakes under way at once: less than a listener's backlog.
AT_ONCE = 500
# Connections from each of our addresses, so that no port range is too small.
PER_SOURCE = 2_500


class Member:
    """One connection."""

    def __init__(self, sock, number):
        self.socket = sock
        self.number = number
        self.data = b""  # the begin of a frame, or of the answer to the handshake
        self.id = None  # what the welcome says
        self.close_code = None

    def send(self, text):
        """Sends a text, all at once. Its mask is zero, which leaves the text unchanged."""
        size = len(text)
        if size < 126:
            head = bytes([0x80 | TEXT, 0x80 | size])
        elif size < 1 << 16:
            head = bytes([0x80 | TEXT, 0x80 | 126]) + size.to_bytes(2, "big")
        else:
            head = bytes([0x80 | TEXT, 0x80 | 127]) + size.to_bytes(8, "big")
        self.socket.settimeout(PATIENCE)
        self.socket.sendall(head + bytes(4) + text)
        self.socket.setblocking(False)


class Crowd:
    """The members, in one room; see above. `on_frame(member, payload)` is called with each text but the welcome."""

    def __init__(self, port, room="", on_frame=None):
        self._port = port
        self._target = f"/websocket?room={room}" if room else "/websocket"
        self._on_frame = on_frame
        self._epoll = select.epoll()
        self._by_descriptor = {}
        self._buffer = bytearray(1 << 20)
        self.members = []
        self.welcomed = 0
        self.closes = []  # (time, code) of each end
        self.texts = 0  # but for the welcomes

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        for member in self.members:
            member.socket.close()
        self._epoll.close()

    def join(self, count):
        """Opens this many more connections and waits until each is welcomed."""
        wanted = len(self.members) + count
        while self.welcomed < wanted:
            while len(self.members) < min(wanted, self.welcomed + AT_ONCE):
                self._connect()
            before = self.welcomed
            self.run_until(lambda before=before: self.welcomed > before, lambda: f"{wanted} are in, not {self.welcomed}")

    def _connect(self):
        number = len(self.members)
        sock = socket.socket()
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.bind((f"127.0.0.{2 + number // PER_SOURCE}", 0))
        sock.connect(("127.0.0.1", self._port))
        sock.setblocking(False)
        sock.send(
            f"GET {self._target} HTTP/1.1\r\nHost: {HOST}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Key: Rnhou3qbnI2nVKLvsTWapg==\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        member = Member(sock, number)
        self.members.append(member)
        self._by_descriptor[sock.fileno()] = member
        self._epoll.register(sock.fileno(), select.EPOLLIN)

    def run_until(self, condition, what, patience=PATIENCE):
        """Reads until `condition()`; raises AssertionError naming `what` if that takes over `patience` seconds."""
        deadline = time.monotonic() + patience
        while not condition():
            if time.monotonic() > deadline:
                raise AssertionError(f"not within {patience} s: {what() if callable(what) else what}")
            self.run_once(0.1)

    def run_once(self, timeout):
        """Takes what is there, or what comes first within `timeout` seconds."""
        for descriptor, _ in self._epoll.poll(timeout):
            self._read(self._by_descriptor[descriptor])

    def _read(self, member):
        try:
            size = member.socket.recv_into(self._buffer)
        except BlockingIOError:
            return
        except ConnectionError:
            size = 0
        if size == 0:
            self._end(member)
            return
        data = member.data + bytes(self._buffer[:size])
        at = 0
        if member.id is None and data.startswith(b"HTTP/"):
            end = data.find(b"\r\n\r\n")
            if end >= 0:
                assert data.startswith(b"HTTP/1.1 101 "), data
                at = end + 4
        member.data = data[self._take_frames(member, data, at) :]

    def _take_frames(self, member, data, at):
        """Takes the complete frames from `at` on; returns where the rest begins."""
        if member.id is None and at == 0 and data.startswith(b"HTTP/"):
            return 0
        for opcode, start, end in whole_frames(data, at):
            self._take_frame(member, opcode, data[start:end])
            at = end
        return at

    def _take_frame(self, member, opcode, payload):
        if opcode == CLOSE:
            member.close_code = int.from_bytes(payload[:2], "big")
            self.closes.append((time.monotonic(), member.close_code))
            member.socket.send(masked_frame(CLOSE, payload[:2]))
        elif opcode == TEXT and member.id is None:
            assert payload.startswith(b'{"type":"welcome"'), payload
            member.id = json.loads(payload)["id"]
            self.welcomed += 1
        elif opcode == TEXT:
            self.texts += 1
            if self._on_frame is not None:
                self._on_frame(member, payload)

    def _end(self, member):
        if member.close_code is None:
            self.closes.append((time.monotonic(), ABNORMAL))
        self._epoll.unregister(member.socket.fileno())
        del self._by_descriptor[member.socket.fileno()]
        member.socket.close()

    @property
    def open(self):
        """Returns the number of connections that have not ended."""
        return len(self._by_descriptor)
