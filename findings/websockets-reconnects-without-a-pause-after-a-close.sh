#!/usr/bin/env bash
# The loop "async for connection in websockets.connect(...)" is documented as reconnecting with exponential backoff.
# The backoff covers failed handshakes only. After a handshake that works, followed by a Close (even Close 1013, "try
# again later"), the next handshake starts at once: hundreds of them in a second, from one client.
#
# Versions: websockets 17.4 (PyPI, default settings) on Python 3.11.
#
# Why it matters: a proxy that is draining or full has two ways to turn a client away: 503 before the 101, or 101 and
# then Close 1012 or 1013. Behind a load balancer the second one often looks kinder. With this client it makes a busy
# loop of handshakes; a 503 does make it wait. A drain must be spread and refused before the 101.
#
# Seen on 2026-12-01:
#   websockets 17.4
#   handshakes in 3 s, each answered by 503: 2
#   handshakes in 3 s, each answered by 101 and Close 1013: 1155 (481 to 1637 in other runs)
#   longest pause between two of the latter: under 1 s
#
# Exit status: 0 while the behaviour is as described, 1 if it changed, 2 if a package cannot be installed.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
export TMPDIR=$dir
python3 -m venv "$dir/venv"
timeout 200 "$dir/venv/bin/pip" install -q --no-cache-dir --disable-pip-version-check websockets==17.4 || exit 2

timeout 60 "$dir/venv/bin/python" - "$dir" <<'PY'
import asyncio
import base64
import contextlib
import hashlib
import logging
import socket
import sys
import threading
import time

import websockets

GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def frame(opcode, payload=b""):
    """Returns one unmasked frame with a payload of at most 125 bytes."""
    return bytes([0x80 | opcode, len(payload)]) + payload


def read_frame(stream):
    """Returns opcode and unmasked payload of the client's next short frame; opcode None at the end of the stream."""
    head = stream.read(2)
    if len(head) < 2:
        return None, b""
    key = stream.read(4)
    payload = stream.read(head[1] & 127)
    return head[0] & 15, bytes(byte ^ key[i % 4] for i, byte in enumerate(payload))


def serve(handler):
    """Calls handler(conn, stream, fields) in a thread for each connection; returns the port."""
    listener = socket.create_server(("127.0.0.1", 0))

    def one(conn):
        conn.settimeout(30)
        with conn, conn.makefile("rb") as stream, contextlib.suppress(OSError):
            fields = {}
            while (line := stream.readline().strip()):
                name, _, value = line.decode().partition(":")
                fields[name.lower()] = value.strip()
            handler(conn, stream, fields)

    def loop():
        while True:
            threading.Thread(target=one, args=(listener.accept()[0],), daemon=True).start()

    threading.Thread(target=loop, daemon=True).start()
    return listener.getsockname()[1]


def switch(fields, connection="Upgrade"):
    """Returns the bytes of a 101 for the handshake."""
    digest = hashlib.sha1((fields["sec-websocket-key"] + GUID).encode()).digest()
    return ("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: " + connection +
            "\r\nSec-WebSocket-Accept: " + base64.b64encode(digest).decode() + "\r\n\r\n").encode()


logging.disable()
times = {"503": [], "1013": []}


def refuse(conn, stream, fields):
    times["503"].append(time.monotonic())
    conn.sendall(b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 30\r\nContent-Length: 0\r\n"
                 b"Connection: close\r\n\r\n")


def take_and_close(conn, stream, fields):
    times["1013"].append(time.monotonic())
    conn.sendall(switch(fields) + frame(0x8, b"\x03\xf5full"))
    read_frame(stream)


async def client(port):
    async for connection in websockets.connect(f"ws://127.0.0.1:{port}/"):
        with contextlib.suppress(websockets.ConnectionClosed):
            async for _ in connection:
                pass


async def for_three_seconds(handler):
    with contextlib.suppress(asyncio.TimeoutError):
        await asyncio.wait_for(client(serve(handler)), 3)


print("websockets", websockets.__version__)
asyncio.run(for_three_seconds(refuse))
asyncio.run(for_three_seconds(take_and_close))
refused, closed = times["503"], times["1013"]
pause = max((b - a for a, b in zip(closed, closed[1:])), default=3)
print("handshakes in 3 s, each answered by 503:", len(refused))
print("handshakes in 3 s, each answered by 101 and Close 1013:", len(closed))
print("longest pause between two of the latter:", "under 1 s" if pause < 1 else f"{pause:.1f} s")
sys.exit(0 if len(refused) <= 6 and len(closed) >= 30 and pause < 1 else 1)
PY
