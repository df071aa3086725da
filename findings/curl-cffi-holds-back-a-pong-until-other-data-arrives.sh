#!/usr/bin/env bash
# curl_cffi's WebSocket client (libcurl inside) that waits in recv() does not answer a ping when the ping arrives. The
# pong goes out only when the next data message arrives, and then only for the newest ping. On a quiet connection no
# ping is ever answered, although the application reads all the time.
#
# Versions: curl_cffi 0.17.0 (PyPI) with libcurl 8.23.0, Session().ws_connect() and recv().
#
# Why it matters: with most libraries "read in a loop" is enough to stay alive behind a proxy that pings. Here the
# pongs come only if the server happens to talk. A quiet notification channel is closed as dead at the first missed
# pong, again and again, and a busy one never shows the problem.
#
# Seen on 2026-12-01:
#   curl_cffi 0.17.0, libcurl 8.23.0
#   pongs within 3 s of two pings, client waiting in recv(): none
#   pongs within 2 s of the text message after them: second
#
# Exit status: 0 while the behaviour is as described, 1 if it changed, 2 if a package cannot be installed.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
export TMPDIR=$dir
python3 -m venv "$dir/venv"
timeout 200 "$dir/venv/bin/pip" install -q --no-cache-dir --disable-pip-version-check curl_cffi==0.17.0 || exit 2

timeout 60 "$dir/venv/bin/python" - "$dir" <<'PY'
import base64
import contextlib
import hashlib
import re
import socket
import sys
import threading
import time

import curl_cffi

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


pongs = []
quiet = []
done = threading.Event()


def collect(stream):
    while True:
        opcode, payload = read_frame(stream)
        if opcode is None:
            return
        if opcode == 0xA:
            pongs.append(payload.decode())


def peer(conn, stream, fields):
    conn.sendall(switch(fields))
    threading.Thread(target=collect, args=(stream,), daemon=True).start()
    for name in (b"first", b"second"):
        conn.sendall(frame(0x9, name))
        time.sleep(1.5)
    quiet.extend(pongs)
    conn.sendall(frame(0x1, b"hello"))
    time.sleep(2)
    done.set()


version = re.search(r"libcurl/([0-9.]+)", curl_cffi.Curl().version().decode()).group(1)
print(f"curl_cffi {curl_cffi.__version__}, libcurl {version}")
client = curl_cffi.Session().ws_connect(f"ws://127.0.0.1:{serve(peer)}/")
message, _ = client.recv()
done.wait(10)
print("pongs within 3 s of two pings, client waiting in recv():", " ".join(quiet) or "none")
print("pongs within 2 s of the text message after them:", " ".join(pongs) or "none")
sys.exit(0 if message == b"hello" and not quiet and pongs == ["second"] else 1)
PY
