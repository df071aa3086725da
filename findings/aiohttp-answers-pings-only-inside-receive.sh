#!/usr/bin/env bash
# aiohttp's WebSocket client answers a ping only while the application is inside receive() (or iterates over the
# socket). An application that only sends, or that is busy between two messages, leaves every ping unanswered, although
# its event loop is idle and its connection is in perfect order.
#
# Versions: aiohttp 3.14.5 (PyPI, default settings, autoping on) on Python 3.11.
#
# Why it matters: autoping=True reads like a promise that pings are answered by themselves. A proxy that closes peers
# without a pong cuts an aiohttp client that uploads telemetry for a minute and never expects an answer, while the
# proxy sees its data arrive all the time. A proxy should count any data as a sign of life, not only pongs.
#
# Seen on 2026-12-01:
#   aiohttp 3.14.5
#   frames from the client after the ping, first the busy ones: text text text pong
#   pong before receive(): no
#   pong as soon as the application is inside receive(): yes
#
# Exit status: 0 while the behaviour is as described, 1 if it changed, 2 if a package cannot be installed.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
export TMPDIR=$dir
python3 -m venv "$dir/venv"
timeout 200 "$dir/venv/bin/pip" install -q --no-cache-dir --disable-pip-version-check aiohttp==3.14.5 || exit 2

timeout 60 "$dir/venv/bin/python" - "$dir" <<'PY'
import asyncio
import base64
import contextlib
import hashlib
import socket
import sys
import threading

import aiohttp

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


frames = []
arrived = threading.Event()
ended = threading.Event()


def peer(conn, stream, fields):
    conn.sendall(switch(fields) + frame(0x9, b"are you there"))
    while True:
        opcode, _ = read_frame(stream)
        if opcode not in (0x1, 0xA):
            break
        frames.append("text" if opcode == 0x1 else "pong")
        if frames.count("text") == 3:
            arrived.set()
        if opcode == 0xA:
            ended.set()


async def main(port):
    async with aiohttp.ClientSession() as session, session.ws_connect(f"ws://127.0.0.1:{port}/") as client:
        for number in range(3):
            await asyncio.sleep(1)
            await client.send_str(f"reading {number}")
        await asyncio.to_thread(arrived.wait, 10)
        before = list(frames)
        with contextlib.suppress(asyncio.TimeoutError):
            await client.receive(timeout=2)
        await asyncio.to_thread(ended.wait, 5)
        return before


print("aiohttp", aiohttp.__version__)
before = asyncio.run(main(serve(peer)))
print("frames from the client after the ping, first the busy ones:", *frames)
early = "pong" in before
late = "pong" in frames
print("pong before receive():", "yes" if early else "no")
print("pong as soon as the application is inside receive():", "yes" if late and not early else "no")
sys.exit(0 if late and not early else 1)
PY
