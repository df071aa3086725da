#!/usr/bin/env bash
# A gRPC server in Python that binds a port on which another one already listens gets no error. Both run, and the
# kernel deals each new connection to one of them. gRPC sets SO_REUSEPORT by default, and add_insecure_port returns the
# port as if all were well, also in another process of the same user.
#
# Versions: grpcio 1.85.3 (PyPI) on Python 3.11, Linux, default options.
#
# Why it matters: an old process that was not stopped, or a second copy started by mistake, does not show at start.
# Clients then see answers of the old and the new version by turns, and because a channel keeps its connection, each
# client sees only one of them: "it works here". HTTP and WebSocket servers beside it fail loudly with "address already
# in use". The option grpc.so_reuseport=0 brings the error back.
#
# Seen on 2026-12-01:
#   grpcio 1.85.3
#   second process on the port of the first: started
#   new connections were answered by: first and second
#   with grpc.so_reuseport=0 in both: RuntimeError
#
# Exit status: 0 while the behaviour is as described, 1 if it changed, 2 if a package cannot be installed.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
export TMPDIR=$dir
python3 -m venv "$dir/venv"
timeout 200 "$dir/venv/bin/pip" install -q --no-cache-dir --disable-pip-version-check grpcio==1.85.3 || exit 2

timeout 60 "$dir/venv/bin/python" - "$dir" <<'PY'
import os
import subprocess
import sys

import grpc

SERVER = """
import sys
from concurrent import futures

import grpc

name, port, reuse = sys.argv[1:]
options = [("grpc.so_reuseport", 0)] if reuse == "0" else []
server = grpc.server(futures.ThreadPoolExecutor(2), options=options)
handler = grpc.unary_unary_rpc_method_handler(lambda request, _: name.encode())
server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler("test.Who", {"Ask": handler})])
try:
    print(server.add_insecure_port("127.0.0.1:" + port), flush=True)
except RuntimeError as error:
    print(type(error).__name__, flush=True)
    sys.exit()
server.start()
sys.stdin.read()
"""
processes = []


def start(name, port, reuse="default"):
    """Starts a process whose server answers with its name; returns the word that it printed: its port or an error."""
    process = subprocess.Popen([sys.executable, "-c", SERVER, name, port, reuse], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, text=True, env={**os.environ, "GRPC_VERBOSITY": "NONE"})
    processes.append(process)
    return process.stdout.readline().strip()


def ask(port):
    with grpc.insecure_channel("127.0.0.1:" + port, [("grpc.use_local_subchannel_pool", 1)]) as channel:
        return channel.unary_unary("/test.Who/Ask")(b"", timeout=10, wait_for_ready=True).decode()


print("grpcio", grpc.__version__)
try:
    port = start("first", "0")
    ask(port)
    again = start("second", port)
    print("second process on the port of the first:", "started" if again == port else again)
    names = set()
    for _ in range(300):
        names.add(ask(port))
        if len(names) == 2:
            break
    print("new connections were answered by:", " and ".join(sorted(names)))
    strict = start("fourth", start("third", "0", "0"), "0")
    print("with grpc.so_reuseport=0 in both:", strict)
finally:
    for process in processes:
        process.kill()
        process.wait()
sys.exit(0 if again == port and len(names) == 2 and strict == "RuntimeError" else 1)
PY
