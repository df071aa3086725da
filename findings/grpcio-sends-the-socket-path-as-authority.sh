#!/usr/bin/env bash
# A gRPC client in Python that connects to a Unix socket sends the path of the socket, percent-encoded and without its
# first slash, as :authority, the host name of HTTP/2. Only the option grpc.default_authority changes that.
#
# Versions: grpcio 1.85.3, h2 4.4.1 as the observing server (PyPI), Python 3.11.
#
# Why it matters: a proxy in front of an admin socket that routes or filters by host name sees another name for each
# place where the socket lies, and one that is no host name, in its rules and in its access logs. A rule for
# "localhost", written after a test over TCP, does not match.
#
# Seen on 2026-12-01:
#   grpcio 1.85.3
#   unix:/DIR/admin api.sock  -> :authority DIR%2Fadmin%20api.sock
#   unix:admin api.sock       -> :authority admin%20api.sock
#   with grpc.default_authority=localhost -> :authority localhost
#
# Exit status: 0 while the behaviour is as described, 1 if it changed, 2 if a package cannot be installed.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
export TMPDIR=$dir
python3 -m venv "$dir/venv"
timeout 200 "$dir/venv/bin/pip" install -q --no-cache-dir --disable-pip-version-check grpcio==1.85.3 h2==4.4.1 || exit 2

timeout 60 "$dir/venv/bin/python" - "$dir" <<'PY'
import contextlib
import os
import socket
import sys
import threading
import urllib.parse

import grpc
import h2.config
import h2.connection
import h2.events

folder = sys.argv[1]
seen = []


def answer(conn):
    """Answers each call on the connection with UNIMPLEMENTED and notes its :authority."""
    http = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False, header_encoding="utf-8"))
    http.initiate_connection()
    with conn, contextlib.suppress(OSError):
        conn.sendall(http.data_to_send())
        while (piece := conn.recv(65536)):
            for event in http.receive_data(piece):
                if isinstance(event, h2.events.RequestReceived):
                    seen.append(dict(event.headers)[":authority"])
                    http.send_headers(event.stream_id, [(":status", "200"), ("content-type", "application/grpc"),
                                                        ("grpc-status", "12")], end_stream=True)
            conn.sendall(http.data_to_send())


def loop(listener):
    while True:
        threading.Thread(target=answer, args=(listener.accept()[0],), daemon=True).start()


def authority(target, options=()):
    with grpc.insecure_channel(target, options) as channel, contextlib.suppress(grpc.RpcError):
        channel.unary_unary("/test.Echo/Say")(b"", timeout=10)
    return seen[-1] if seen else "none"


os.chdir(folder)
listener = socket.socket(socket.AF_UNIX)
listener.bind("admin api.sock")
listener.listen()
threading.Thread(target=loop, args=(listener,), daemon=True).start()
encoded = urllib.parse.quote(folder.lstrip("/"), safe="")
print("grpcio", grpc.__version__)
absolute = authority(f"unix:{folder}/admin api.sock").replace(encoded, "DIR")
print("unix:/DIR/admin api.sock  -> :authority", absolute)
relative = authority("unix:admin api.sock")
print("unix:admin api.sock       -> :authority", relative)
forced = authority("unix:admin api.sock", [("grpc.default_authority", "localhost")])
print("with grpc.default_authority=localhost -> :authority", forced)
sys.exit(0 if (absolute, relative, forced) == ("DIR%2Fadmin%20api.sock", "admin%20api.sock", "localhost") else 1)
PY
