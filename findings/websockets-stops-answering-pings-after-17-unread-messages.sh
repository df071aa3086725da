#!/usr/bin/env bash
# websockets (Python) answers pings in the background, but only until 17 messages wait unread. From then on it reads
# nothing more from the socket, and a ping behind them gets no pong until the application takes messages out.
#
# Versions: websockets 17.4 (PyPI, default settings: max_queue=16) on Python 3.11.
#
# Why it matters: the library is known for answering pings by itself while the application sleeps. A proxy that pings
# its clients and closes the silent ones therefore looks safe. It is not: a slow consumer of a busy feed, alive and
# well, looks exactly like a dead peer and loses its connection. A longer pong deadline at the proxy, or max_queue=None
# in the client (which then buffers without limit), avoids that.
#
# Seen on 2026-12-01:
#   websockets 17.4
#   16 messages unread: pong within 2 s: yes
#   17 messages unread: pong within 2 s: no
#   17 messages unread: pong after the application read them: yes
#
# Exit status: 0 while the behaviour is as described, 1 if it changed, 2 if the package cannot be installed.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
export TMPDIR=$dir
python3 -m venv "$dir/venv"
timeout 100 "$dir/venv/bin/pip" install -q --no-cache-dir --disable-pip-version-check websockets==17.4 || exit 2

timeout 60 "$dir/venv/bin/python" - <<'PY'
import asyncio
import base64
import hashlib
import socket
import sys
import threading

import websockets

GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


class Peer:
    """A WebSocket server for one client: it sends messages, then one ping, and waits for the pong."""

    def __init__(self, messages):
        self.messages = messages
        self.pong = threading.Event()
        self.ping_sent = threading.Event()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = "ws://127.0.0.1:%d/" % self.listener.getsockname()[1]
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        conn, _ = self.listener.accept()
        conn.settimeout(20)
        stream = conn.makefile("rb")
        key = ""
        while (line := stream.readline().strip()):
            if line.lower().startswith(b"sec-websocket-key:"):
                key = line.split(b":")[1].strip().decode()
        accept = base64.b64encode(hashlib.sha1((key + GUID).encode()).digest()).decode()
        conn.sendall(("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                      f"Sec-WebSocket-Accept: {accept}\r\n\r\n").encode())
        for _ in range(self.messages):
            conn.sendall(b"\x81\x02hi")
        # The pause lets the client take in the messages before the ping is on the wire.
        threading.Event().wait(1)
        conn.sendall(b"\x89\x00")
        self.ping_sent.set()
        # The client's first frame is the pong: it sends nothing else until it closes.
        if stream.read(1) == b"\x8a":
            self.pong.set()
        threading.Event().wait(2)
        conn.close()


async def case(messages):
    peer = Peer(messages)
    async with websockets.connect(peer.url, close_timeout=1) as client:
        await asyncio.to_thread(peer.ping_sent.wait, 15)
        before = await asyncio.to_thread(peer.pong.wait, 2)
        for _ in range(messages):
            await client.recv()
        after = await asyncio.to_thread(peer.pong.wait, 5)
    return before, after


def word(flag):
    return "yes" if flag else "no"


print("websockets", websockets.__version__)
few, _ = asyncio.run(case(16))
print("16 messages unread: pong within 2 s:", word(few))
many, late = asyncio.run(case(17))
print("17 messages unread: pong within 2 s:", word(many))
print("17 messages unread: pong after the application read them:", word(late))
sys.exit(0 if few and not many and late else 1)
PY
