#!/usr/bin/env bash
# uvicorn's --limit-concurrency counts every open connection, WebSockets included, but it is enforced for plain HTTP
# requests only. Once the WebSockets reach the limit, every GET gets 503, also the health check, while new WebSocket
# handshakes are still accepted without any limit.
#
# Versions: uvicorn 0.54.0 (PyPI) with websockets 17.4 (--ws websockets-sansio) and h11 0.16.0, --limit-concurrency 3.
#
# Why it matters: the option looks like a cap on WebSockets per process. It works the other way round: it caps nothing
# on that side, and at the limit the load balancer's health check sees 503, takes the server out and may have it
# replaced, which closes all the healthy WebSockets. Limit WebSockets in the proxy instead, and give health checks a
# way around the limit.
#
# Seen on 2026-12-01:
#   uvicorn 0.54.0, --limit-concurrency 3
#   GET with no WebSocket open: 200
#   WebSocket handshakes 1 to 8: 101 101 101 101 101 101 101 101
#   GET with 8 WebSockets open: 503
#   GET after the WebSockets were closed: 200
#
# Exit status: 0 while the behaviour is as described, 1 if it changed, 2 if a package cannot be installed.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
export TMPDIR=$dir
python3 -m venv "$dir/venv"
timeout 200 "$dir/venv/bin/pip" install -q --no-cache-dir --disable-pip-version-check \
  uvicorn==0.54.0 websockets==17.4 h11==0.16.0 || exit 2

timeout 60 "$dir/venv/bin/python" - "$dir" <<'PY'
import contextlib
import importlib.metadata
import os
import pathlib
import socket
import subprocess
import sys
import time

folder = pathlib.Path(sys.argv[1])
(folder / "app.py").write_text("""
async def app(scope, receive, send):
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body"})
    elif scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        while (await receive())["type"] != "websocket.disconnect":
            pass
""")
with socket.create_server(("127.0.0.1", 0)) as probe:
    port = probe.getsockname()[1]


def ask(extra):
    """Sends one GET with extra fields; returns the connection and the status."""
    conn = socket.create_connection(("127.0.0.1", port), timeout=10)
    conn.sendall(f"GET / HTTP/1.1\r\nHost: test\r\n{extra}\r\n".encode())
    answer = b""
    while b"\r\n\r\n" not in answer:
        piece = conn.recv(4096)
        if not piece:
            break
        answer += piece
    return conn, int(answer.split()[1])


def get():
    conn, status = ask("Connection: close\r\n")
    conn.close()
    return status


def upgrade():
    return ask("Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
               "Sec-WebSocket-Key: AAECAwQFBgcICQoLDA0ODw==\r\n")


server = subprocess.Popen(
    [sys.executable, "-m", "uvicorn", "app:app", "--host", "127.0.0.1", "--port", str(port),
     "--ws", "websockets-sansio", "--lifespan", "off", "--log-level", "critical", "--limit-concurrency", "3"],
    cwd=folder, stdin=subprocess.DEVNULL, env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"})
try:
    for _ in range(150):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            break
        time.sleep(0.1)
    time.sleep(0.5)
    print(f"uvicorn {importlib.metadata.version('uvicorn')}, --limit-concurrency 3")
    first = get()
    print("GET with no WebSocket open:", first)
    sockets = [upgrade() for _ in range(8)]
    statuses = [status for _, status in sockets]
    print("WebSocket handshakes 1 to 8:", *statuses)
    full = get()
    print("GET with 8 WebSockets open:", full)
    for conn, _ in sockets:
        conn.close()
    last = 503
    for _ in range(50):
        last = get()
        if last == 200:
            break
        time.sleep(0.2)
    print("GET after the WebSockets were closed:", last)
finally:
    server.kill()
    server.wait()
sys.exit(0 if (first, full, last) == (200, 503, 200) and statuses == [101] * 8 else 1)
PY
