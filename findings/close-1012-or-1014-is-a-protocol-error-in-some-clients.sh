#!/usr/bin/env bash
# Close 1012 (service restart), 1013 (try again later) and 1014 (bad gateway) are registered codes, yet faye-websocket
# takes each of them for a violation of the protocol: its application sees 1002, and 1002 goes back to the server.
# wsproto, under httpx-ws, knows 1012 and 1013, but does the same to 1014.
#
# Versions: faye-websocket 0.11.4 with websocket-driver 0.8.0, ws 8.23.0 (npm, Node 20); httpx-ws 0.9.0 with wsproto
# 1.3.2, websockets 17.4 (PyPI).
#
# Why it matters: a proxy that closes with 1012 to drain, or 1014 when the backend went away, tells a client of the
# SockJS family that there was a bug in the framing. Clients that give up on 1002, as on a bug, do not come back after
# a restart, and the server's log fills with protocol errors that nobody made. 1001 and 1011 are understood by all of
# the four clients tested.
#
# Seen on 2026-12-01:
#   code that the application sees for each Close code of the server
#                   1001    1011    1012    1013    1014
#   faye-websocket  1001    1011    1002    1002    1002
#   httpx-ws        1001    1011    1012    1013    1002
#   ws              1001    1011    1012    1013    1014
#   websockets      1001    1011    1012    1013    1014
#   faye-websocket answers the server with 1002 after: 1012 1013 1014
#
# Exit status: 0 while the behaviour is as described, 1 if it changed, 2 if a package cannot be installed.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
export TMPDIR=$dir
python3 -m venv "$dir/venv"
timeout 200 "$dir/venv/bin/pip" install -q --no-cache-dir --disable-pip-version-check \
  httpx-ws==0.9.0 wsproto==1.3.2 websockets==17.4 || exit 2
timeout 200 npm install --silent --no-audit --no-fund --ignore-scripts --cache "$dir/cache" --prefix "$dir" \
  faye-websocket@0.11.4 websocket-driver@0.8.0 ws@8.23.0 || exit 2

timeout 60 "$dir/venv/bin/python" - "$dir" <<'PY'
import base64
import contextlib
import hashlib
import logging
import os
import socket
import subprocess
import sys
import threading

import httpx_ws
import websockets.sync.client

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
CODES = [1001, 1011, 1012, 1013, 1014]
folder = sys.argv[1]
answers = []


def closer(code):
    def handler(conn, stream, fields):
        conn.sendall(switch(fields) + frame(0x8, code.to_bytes(2, "big")))
        opcode, payload = read_frame(stream)
        answers.append(int.from_bytes(payload[:2], "big") if opcode == 0x8 else None)
        answered.set()
    return serve(handler)


def node(script):
    def run(url):
        done = subprocess.run(["node", "-e", script, url], cwd=folder, stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, timeout=20)
        return int(done.stdout.split()[0])
    return run


def with_httpx_ws(url):
    try:
        with httpx_ws.connect_ws(url) as client:
            client.receive(timeout=10)
    except httpx_ws.WebSocketDisconnect as end:
        return int(end.code)


def with_websockets(url):
    with websockets.sync.client.connect(url, proxy=None) as client, contextlib.suppress(websockets.ConnectionClosed):
        client.recv(timeout=10)
    return client.protocol.close_code


CLIENTS = {
    "faye-websocket": node("const {Client} = require('faye-websocket'); const c = new Client(process.argv[1]);"
                           "c.on('error', () => {}); c.on('close', e => console.log(e.code));"),
    "httpx-ws": with_httpx_ws,
    "ws": node("const c = new (require('ws'))(process.argv[1]); c.on('error', () => {});"
               "c.on('close', code => console.log(code));"),
    "websockets": with_websockets,
}
WRONG = {"faye-websocket": {1012, 1013, 1014}, "httpx-ws": {1014}}
as_described = True
print("code that the application sees for each Close code of the server")
print(f"{'':16}" + "    ".join(str(code) for code in CODES))
told_1002 = []
for name, client in CLIENTS.items():
    row = []
    for code in CODES:
        answered = threading.Event()
        row.append(client(f"ws://127.0.0.1:{closer(code)}/"))
        answered.wait(5)
        if name == "faye-websocket" and answers[-1] == 1002:
            told_1002.append(code)
    print(f"{name:16}" + "    ".join(str(code) for code in row))
    as_described &= row == [1002 if code in WRONG.get(name, ()) else code for code in CODES]
print("faye-websocket answers the server with 1002 after:", *told_1002)
sys.exit(0 if as_described and told_1002 == [1012, 1013, 1014] else 1)
PY
