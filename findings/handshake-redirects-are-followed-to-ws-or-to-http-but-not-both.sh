#!/usr/bin/env bash
# A WebSocket handshake that is answered by a redirect: websockets, websocket-client and picows follow a Location with
# the scheme ws and fail on http; aiohttp follows http and fails on ws; tornado, httpx-ws and curl_cffi follow neither.
# No Location pleases all: the two spellings of the same place exclude each other.
#
# Versions: websockets 17.4, websocket-client 1.9.2, picows 2.3.1, aiohttp 3.14.5, tornado 6.6.1, httpx-ws 0.9.0,
# curl_cffi 0.17.0 (all PyPI).
#
# Why it matters: an edge that redirects plain HTTP to HTTPS, as CDNs do at the press of a button, sends Location:
# https://... also for ws:// handshakes, because to it the handshake is a GET. Most clients then stop with an error
# about the URL. A Location with wss:// would only move the failure to other libraries. (The test has no certificates:
# it uses http:// and ws:// in place of https:// and wss://.)
#
# Seen on 2026-12-01:
#   websockets 17.4         to ws: follows   to http: fails (InvalidURI)
#   websocket-client 1.9.2  to ws: follows   to http: fails (WebSocketException)
#   picows 2.3.1            to ws: follows   to http: fails (WSInvalidURL)
#   aiohttp 3.14.5          to ws: fails (NonHttpUrlRedirectClientError)   to http: follows
#   tornado 6.6.1           to ws: fails (HTTPClientError)   to http: fails (HTTPClientError)
#   httpx-ws 0.9.0          to ws: fails (WebSocketUpgradeError)   to http: fails (WebSocketUpgradeError)
#   curl_cffi 0.17.0        to ws: fails (CurlError)   to http: fails (CurlError)
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


def target(conn, stream, fields):
    conn.sendall(switch(fields))
    stream.read(1)


target_port = serve(target)


def redirector(scheme):
    def handler(conn, stream, fields):
        conn.sendall(f"HTTP/1.1 301 Moved Permanently\r\nLocation: {scheme}://127.0.0.1:{target_port}/\r\n"
                     "Content-Length: 0\r\nConnection: close\r\n\r\n".encode())
    return serve(handler)


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


CASES = [("websockets", with_websockets, "ws"), ("websocket-client", with_websocket_client, "ws"),
         ("picows", with_picows, "ws"), ("aiohttp", with_aiohttp, "http"), ("tornado", with_tornado, ""),
         ("httpx-ws", with_httpx_ws, ""), ("curl_cffi", with_curl, "")]
ports = {scheme: redirector(scheme) for scheme in ("ws", "http")}
as_described = True
for name, connect, followed in CASES:
    words = []
    for scheme, port in ports.items():
        url = f"ws://127.0.0.1:{port}/"
        try:
            if asyncio.iscoroutinefunction(connect):
                asyncio.run(asyncio.wait_for(connect(url), 8))
            else:
                connect(url)
            follows, word = True, "follows"
        except Exception as error:
            follows, word = False, f"fails ({type(error).__name__})"
        words.append(f"to {scheme}: {word}")
        as_described &= follows == (scheme == followed)
    print(f"{name + ' ' + importlib.metadata.version(name):24}" + "   ".join(words))
sys.exit(0 if as_described else 1)
PY
