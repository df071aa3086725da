#!/usr/bin/env bash
# Which environment variable sends a plain ws:// connection through a forward proxy? For websockets it is http_proxy,
# but https_proxy as well, although nothing is encrypted; for websocket-client http_proxy alone; for httpx-ws all_proxy
# alone; for curl_cffi http_proxy (not HTTP_PROXY in capitals) and all_proxy; for aiohttp, tornado and picows none.
# Each column of the table below is different, and 127.0.0.1 is no exception for any of them.
#
# Versions: websockets 17.4, websocket-client 1.9.2, httpx-ws 0.9.0, curl_cffi 0.17.0, aiohttp 3.14.5, tornado 6.6.1,
# picows 2.3.1 (all PyPI) on Python 3.11.
#
# Why it matters: in a network with a forward proxy the same handshake arrives directly or through a tunnel by the
# choice of a library, and so with another peer address. A health check over loopback, run with the variables of the
# host, leaves the host and fails. Set no_proxy=localhost,127.0.0.1 wherever a proxy variable is set.
#
# Seen on 2026-12-01:
#                           http_proxy  HTTP_PROXY  https_proxy  all_proxy
#   websockets 17.4         CONNECT     CONNECT     CONNECT      direct
#   websocket-client 1.9.2  CONNECT     CONNECT     direct       direct
#   httpx-ws 0.9.0          direct      direct      direct       CONNECT
#   curl_cffi 0.17.0        CONNECT     direct      direct       CONNECT
#   aiohttp 3.14.5          direct      direct      direct       direct
#   tornado 6.6.1           direct      direct      direct       direct
#   picows 2.3.1            direct      direct      direct       direct
#
# Exit status: 0 while the behaviour is as described, 1 if it changed, 2 if a package cannot be installed.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
export TMPDIR=$dir
python3 -m venv "$dir/venv"
timeout 200 "$dir/venv/bin/pip" install -q --no-cache-dir --disable-pip-version-check \
  websockets==17.4 websocket-client==1.9.2 httpx-ws==0.9.0 httpx==0.28.1 curl_cffi==0.17.0 aiohttp==3.14.5 \
  tornado==6.6.1 picows==2.3.1 || exit 2

timeout 90 "$dir/venv/bin/python" - "$dir" <<'PY'
import base64
import contextlib
import hashlib
import importlib.metadata
import os
import socket
import subprocess
import sys
import threading

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


SYNC = {
    "websocket-client": "import websocket; websocket.create_connection(URL, timeout=5)",
    "httpx-ws": "import httpx_ws; httpx_ws.connect_ws(URL).__enter__()",
    "curl_cffi": "import curl_cffi; curl_cffi.Session().ws_connect(URL)",
}
ASYNC = {
    "websockets": "import websockets; await websockets.connect(URL)",
    "aiohttp": "import aiohttp; await aiohttp.ClientSession().ws_connect(URL)",
    "tornado": "import tornado.websocket as t; await t.websocket_connect(URL)",
    "picows": "import picows; await picows.ws_connect(picows.WSListener, URL)",
}
EXPECTED = {
    "websockets": ["CONNECT", "CONNECT", "CONNECT", "direct"],
    "websocket-client": ["CONNECT", "CONNECT", "direct", "direct"],
    "httpx-ws": ["direct", "direct", "direct", "CONNECT"],
    "curl_cffi": ["CONNECT", "direct", "direct", "CONNECT"],
    "aiohttp": ["direct"] * 4,
    "tornado": ["direct"] * 4,
    "picows": ["direct"] * 4,
}
VARIABLES = ["http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy"]
seen = []


def target(conn, stream, fields):
    seen.append("direct")
    conn.sendall(switch(fields))
    stream.read(1)


def proxy(listener):
    """Notes the method of each request to the forward proxy and refuses it."""
    while True:
        conn, _ = listener.accept()
        with conn, conn.makefile("rb") as stream, contextlib.suppress(OSError):
            conn.settimeout(5)
            seen.append(stream.readline().split()[0].decode())
            while stream.readline().strip():
                pass
            conn.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")


def way(name, variable):
    """Returns how the library's handshake arrives if the variable alone is set."""
    url = f"ws://127.0.0.1:{target_port}/"
    if name in SYNC:
        code = f"URL = {url!r}; " + SYNC[name]
    else:
        code = f"import asyncio\nasync def main():\n    URL = {url!r}; {ASYNC[name]}\nasyncio.run(main())"
    code += "\nimport os; os._exit(0)"
    environment = {key: value for key, value in os.environ.items() if not key.lower().endswith("_proxy")}
    environment[variable] = f"http://127.0.0.1:{proxy_port}"
    seen.clear()
    subprocess.run([sys.executable, "-c", code], env=environment, stdin=subprocess.DEVNULL,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=30)
    return seen[0] if seen else "none"


target_port = serve(target)
proxy_listener = socket.create_server(("127.0.0.1", 0))
proxy_port = proxy_listener.getsockname()[1]
threading.Thread(target=proxy, args=(proxy_listener,), daemon=True).start()
as_described = True
print(" " * 24 + "  ".join(VARIABLES))
for name, expected in EXPECTED.items():
    ways = [way(name, variable) for variable in VARIABLES]
    columns = "  ".join(f"{word:{len(variable)}}" for word, variable in zip(ways, VARIABLES))
    print(f"{name + ' ' + importlib.metadata.version(name):24}" + columns.rstrip())
    as_described &= ways == expected
sys.exit(0 if as_described else 1)
PY
