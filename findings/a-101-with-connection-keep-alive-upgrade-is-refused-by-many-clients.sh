#!/usr/bin/env bash
# Connection is a list of tokens, so a 101 may say "Connection: keep-alive, Upgrade", just as Firefox does in its
# request. aiohttp, tornado, picows, undici (also Node's built-in WebSocket), faye-websocket and npm's websocket
# compare the whole value with "upgrade" and refuse the handshake. websockets, websocket-client, httpx-ws, curl_cffi
# and ws look for the token.
#
# Versions: see the output; PyPI packages on Python 3.11, npm packages on Node 20.20.2.
#
# Why it matters: a backend behind a framework that adds keep-alive to every answer works with half of the clients and
# fails with the others, which blame the server. A proxy that passes the field on as it came keeps the trouble; one
# that writes "Connection: upgrade" anew, as nginx does, hides it until the day it is taken away.
#
# Seen on 2026-12-01:
#   websockets 17.4         connects
#   websocket-client 1.9.2  connects
#   picows 2.3.1            fails (WSInvalidUpgradeError)
#   aiohttp 3.14.5          fails (WSServerHandshakeError)
#   tornado 6.6.1           fails (StreamClosedError)
#   httpx-ws 0.9.0          connects
#   curl_cffi 0.17.0        connects
#   ws 8.23.0               connects
#   undici 7.30.2           fails
#   faye-websocket 0.11.4   fails
#   websocket 1.0.35        fails
#
# Exit status: 0 while the behaviour is as described, 1 if it changed, 2 if a package cannot be installed.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
export TMPDIR=$dir
python3 -m venv "$dir/venv"
timeout 200 "$dir/venv/bin/pip" install -q --no-cache-dir --disable-pip-version-check \
  websockets==17.4 websocket-client==1.9.2 picows==2.3.1 aiohttp==3.14.5 tornado==6.6.1 httpx-ws==0.9.0 \
  curl_cffi==0.17.0 || exit 2
timeout 200 npm install --silent --no-audit --no-fund --ignore-scripts --cache "$dir/cache" --prefix "$dir" \
  ws@8.23.0 undici@7.30.2 faye-websocket@0.11.4 websocket@1.0.35 || exit 2

timeout 60 "$dir/venv/bin/python" - "$dir" <<'PY'
import asyncio
import base64
import contextlib
import hashlib
import importlib.metadata
import logging
import socket
import subprocess
import sys
import threading

import aiohttp
import curl_cffi
import httpx_ws
import picows
import tornado.websocket
import websocket
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


def peer(conn, stream, fields):
    conn.sendall(switch(fields, connection="keep-alive, Upgrade"))
    stream.read(1)


def node(script):
    def run(url):
        subprocess.run(["node", "-e", script, url], cwd=sys.argv[1], stdin=subprocess.DEVNULL, capture_output=True,
                       timeout=20, check=True)
    return run


async def with_websockets(url):
    async with websockets.connect(url, close_timeout=0.1):
        pass


async def with_aiohttp(url):
    async with aiohttp.ClientSession() as session:
        await session.ws_connect(url)


async def with_picows(url):
    transport, _ = await picows.ws_connect(picows.WSListener, url)
    transport.disconnect()


async def with_tornado(url):
    (await tornado.websocket.websocket_connect(url, connect_timeout=5)).close()


def with_websocket_client(url):
    websocket.create_connection(url, timeout=5).shutdown()


def with_httpx_ws(url):
    with httpx_ws.connect_ws(url):
        pass


def with_curl(url):
    curl_cffi.Session().ws_connect(url).close()


CASES = [("websockets", with_websockets, True), ("websocket-client", with_websocket_client, True),
         ("picows", with_picows, False), ("aiohttp", with_aiohttp, False), ("tornado", with_tornado, False),
         ("httpx-ws", with_httpx_ws, True), ("curl_cffi", with_curl, True)]
NODE_CASES = [
    ("ws@8.23.0", "new (require('ws'))(process.argv[1]).on('open', () => process.exit(0))"
                  ".on('error', () => process.exit(1))", True),
    ("undici@7.30.2", "const c = new (require('undici').WebSocket)(process.argv[1]);"
                      "c.onopen = () => process.exit(0); c.onerror = () => process.exit(1)", False),
    ("faye-websocket@0.11.4", "const c = new (require('faye-websocket').Client)(process.argv[1]);"
                              "c.onopen = () => process.exit(0); c.onerror = () => process.exit(1)", False),
    ("websocket@1.0.35", "const c = new (require('websocket').client)(); c.on('connect', () => process.exit(0));"
                         "c.on('connectFailed', () => process.exit(1)); c.connect(process.argv[1])", False),
]
as_described = True
for name, connect, fine in CASES:
    url = f"ws://127.0.0.1:{serve(peer)}/"
    try:
        if asyncio.iscoroutinefunction(connect):
            asyncio.run(asyncio.wait_for(connect(url), 8))
        else:
            connect(url)
        connects, word = True, "connects"
    except Exception as error:
        connects, word = False, f"fails ({type(error).__name__})"
    print(f"{name + ' ' + importlib.metadata.version(name):24}" + word)
    as_described &= connects == fine
for name, script, fine in NODE_CASES:
    url = f"ws://127.0.0.1:{serve(peer)}/"
    try:
        node(script)(url)
        connects = True
    except subprocess.CalledProcessError:
        connects = False
    print(f"{name.replace('@', ' '):24}" + ("connects" if connects else "fails"))
    as_described &= connects == fine
sys.exit(0 if as_described else 1)
PY
