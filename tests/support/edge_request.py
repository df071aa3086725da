"""Requests as the load balancer sends them, and raw sockets to send anything else."""

import base64
import hashlib
import socket

from tests.support.eventually import PATIENCE

# The site's name; tests/support/stack.py allows it.
HOST = "d1fhfqyui9h81a.cloudfront.net"

# A real request behind CloudFront and an ALB, as the application got it: names, order and values, except for the
# viewer's address and user agent.
UPGRADE_HEADERS = [
    ("x-forwarded-for", "2001:db8::1, 130.176.114.52"),
    ("x-forwarded-proto", "http"),
    ("x-forwarded-port", "80"),
    ("host", HOST),
    ("x-amzn-trace-id", "Root=1-6a1451c4-4e3233e1196d4b12222f32ce"),
    ("upgrade", "websocket"),
    ("connection", "upgrade"),
    ("sec-websocket-key", "Rnhou3qbnI2nVKLvsTWapg=="),
    ("sec-websocket-extensions", "permessage-deflate; client_max_window_bits"),
    ("cache-control", "no-cache"),
    ("pragma", "no-cache"),
    ("user-agent", "Mozilla/5.0 (X11; Linux x86_64)"),
    ("via", "1.1 ece5d4a731ece5ff46c564ab2b946ede.cloudfront.net (CloudFront)"),
    ("x-amz-cf-id", "3QinF8qURdlfjvILoXcZZqalpUXpxOCEI4nLyjxNpODDTK1thF1D7w=="),
    ("sec-websocket-version", "13"),
    ("origin", f"https://{HOST}"),
    ("accept-language", "ja,en-US;q=0.9,en;q=0.8"),
    ("accept-encoding", "gzip, deflate, br, zstd"),
]

# The answer to the key above, by RFC 6455 section 4.2.2.
ACCEPT = base64.b64encode(
    hashlib.sha1(dict(UPGRADE_HEADERS)["sec-websocket-key"].encode() + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest()
).decode()

# The fields that only the edge and the balancer add, for clients that make their own handshake.
EDGE_HEADERS = [(name, value) for name, value in UPGRADE_HEADERS if name in ("x-forwarded-for", "via", "x-amz-cf-id")]


def changed(headers, name, *values):
    """Returns `headers` with the field `name` once for each of `values`, in its place; without values, absent."""
    result = []
    for field, value in headers:
        if field == name:
            result.extend((name, new) for new in values)
        else:
            result.append((field, value))
    return result


def head(headers, target="/websocket", method="GET"):
    """Returns the bytes of a request head."""
    lines = [f"{method} {target} HTTP/1.1"] + [f"{name}: {value}" for name, value in headers]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


class RawClient:
    """One TCP connection to a port, of 127.0.0.1 if no address is given. Reading fails the test after PATIENCE seconds."""

    def __init__(self, port, data=b"", address="127.0.0.1"):
        self._socket = socket.create_connection((address, port), PATIENCE)
        self.send(data)

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        self._socket.close()

    def send(self, data):
        self._socket.sendall(data)

    def read_until(self, end):
        """Returns all bytes up to and including `end`, or to the end of the connection."""
        data = b""
        while not data.endswith(end):
            byte = self._socket.recv(1)
            if not byte:
                break
            data += byte
        return data

    def read_exactly(self, size):
        data = b""
        while len(data) < size:
            more = self._socket.recv(size - len(data))
            if not more:
                break
            data += more
        return data

    def read_to_end(self):
        """Returns all bytes until the peer closes."""
        data = b""
        while True:
            try:
                more = self._socket.recv(65536)
            except ConnectionResetError:
                return data
            if not more:
                return data
            data += more

    def status(self):
        """Returns the status of the response whose head comes next."""
        line = self.read_until(b"\r\n\r\n").split(b"\r\n")[0]
        return int(line.split()[1]) if line.startswith(b"HTTP/1.1 ") else None

    def read_frame(self):
        """Returns (opcode, payload) of the next unmasked frame, or None at the end of the connection."""
        start = self.read_exactly(2)
        if len(start) < 2:
            return None
        size = start[1]
        if size in (126, 127):
            size = int.from_bytes(self.read_exactly(2 if size == 126 else 8), "big")
        return start[0] & 0x0F, self.read_exactly(size)

    def send_text(self, text):
        """Sends one masked text frame."""
        payload = text.encode()
        mask = b"\x11\x22\x33\x44"
        masked = bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))
        assert len(payload) < 126
        self.send(bytes([0x81, 0x80 | len(payload)]) + mask + masked)
