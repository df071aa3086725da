#!/usr/bin/env bash
# An interim response such as 103 may come before any final response, and so before a 101. websockets, websocket-client
# and picows take the 103 for the answer to the handshake and give up: "server rejected WebSocket connection: HTTP
# 103". aiohttp, tornado, httpx-ws and curl_cffi skip it, as HTTP asks of every client.
#
# Versions: websockets 17.4, websocket-client 1.9.2, picows 2.3.1, aiohttp 3.14.5, tornado 6.6.1, httpx-ws 0.9.0,
# curl_cffi 0.17.0 (all PyPI).
#
# Why it matters: a framework or an edge that sends 103 for every page may also send it for the path of the WebSocket.
# A test with one client shows nothing, and the error of the other speaks of a rejection that no server made. A proxy
# in front of a WebSocket should not pass on interim responses to a handshake.
#
# Seen on 2026-12-01:
#   websockets 17.4         fails (InvalidStatus)
#   websocket-client 1.9.2  fails (WebSocketBadStatusException)
#   picows 2.3.1            fails (WSInvalidStatusError)
#   aiohttp 3.14.5          connects
#   tornado 6.6.1           connects
#   httpx-ws 0.9.0          connects
#   curl_cffi 0.17.0        connects
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

timeout 60 "$dir/venv/bin/python" - "$dir" <<'PY'
import asyncio
import base64
import contextlib
import hashlib
import importlib.metadata
import logging
import socket
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
    conn.sendall(b"HTTP/1.1 103 Early Hints\r\nLink: </app.css>; rel=preload; as=style\r\n\r\n" + switch(fields))
    stream.read(1)


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


CASES = [("websockets", with_websockets, False), ("websocket-client", with_websocket_client, False),
         ("picows", with_picows, False), ("aiohttp", with_aiohttp, True), ("tornado", with_tornado, True),
         ("httpx-ws", with_httpx_ws, True), ("curl_cffi", with_curl, True)]
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
sys.exit(0 if as_described else 1)
PY
